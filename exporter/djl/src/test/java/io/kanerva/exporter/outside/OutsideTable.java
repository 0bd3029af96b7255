package io.kanerva.exporter.outside;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** {@code OUTSIDE.md}: every block that was tried, and what became of it. */
final class OutsideTable {
    static final Path FILE = Path.of("OUTSIDE.md");
    /** What run_engines.py wrote: a block's name, and what became of its graph in each engine. */
    private static final Path ENGINES = Path.of("target/outside-engines.tsv");

    private static final int COLUMNS = 7;
    private static final String AGREES = "agrees, ";
    private static final String REFUSED = "refused: ";

    private final Map<String, String> outcomes;
    /** What became of a block's graph in OpenVINO and in the onnx package's reference evaluator. */
    private final Map<String, List<String>> engines;

    /** The page as it is; blocks that are tried anew replace their rows. */
    OutsideTable() throws IOException {
        outcomes = read();
        engines = cells(5, 7);
        if (Files.exists(ENGINES)) {
            for (String line : Files.readAllLines(ENGINES)) {
                List<String> cells = List.of(line.split("\t", -1));
                engines.put(cells.get(0), cells.subList(1, cells.size()));
            }
        }
    }

    /** The outcomes of the page, by block. */
    static Map<String, String> read() throws IOException {
        Map<String, String> outcomes = new TreeMap<>();
        cells(4, 5).forEach((block, cells) -> outcomes.put(block, cells.get(0)));
        return outcomes;
    }

    /** Cells of the page's rows, by block. */
    private static Map<String, List<String>> cells(int from, int to) throws IOException {
        Map<String, List<String>> rows = new TreeMap<>();
        for (String line : Files.exists(FILE) ? Files.readAllLines(FILE) : List.<String>of()) {
            if (line.startsWith("| ") && line.endsWith(" |")) {
                List<String> cells =
                        List.of(line.substring(2, line.length() - 2).split(" \\| ", -1));
                if (cells.size() == COLUMNS && !cells.get(0).equals("block")) {
                    rows.put(cells.get(0), cells.subList(from, to));
                }
            }
        }
        return rows;
    }

    /** What the page says of an outcome. */
    static String text(OutsideBlock block, Trial.Outcome outcome) {
        return switch (outcome.kind()) {
            case AGREES ->
                AGREES
                        + String.format(
                                Locale.ROOT, "%.0e (reference %.0e)", outcome.difference(), outcome.toReference());
            case REFUSED ->
                REFUSED
                        + (block.refusal() == null
                                ? "not yet exported"
                                : block.refusal().reason());
            case WRONG, CRASHED -> outcome.kind().name().toLowerCase(Locale.ROOT);
        };
    }

    /** The part of a page's text that must not change: differences may. */
    static String held(String text) {
        return text.startsWith(AGREES) ? AGREES : text;
    }

    void put(OutsideBlock block, Trial.Outcome outcome) {
        outcomes.put(block.name(), text(block, outcome));
    }

    void write(Map<String, List<OutsideBlock>> groups) throws IOException {
        List<OutsideBlock> all = groups.values().stream().flatMap(List::stream).toList();
        outcomes.keySet().retainAll(all.stream().map(OutsideBlock::name).toList());
        long agree =
                outcomes.values().stream().filter(t -> t.startsWith(AGREES)).count();
        StringBuilder page = new StringBuilder("""
                # Blocks from outside

                Blocks as people outside this project write them, each reduced to what matters to an export, written
                anew, with tiny widths. Each is exported with the check, and then compared with DJL's PyTorch engine at
                sizes that were neither traced nor checked. Sizes of several dimensions are combined in order: the first
                of all, the second of all, and so on.

                `OutsideTest` writes and holds this page: an outcome that differs fails it, and a wrong graph or a crash
                always does. A differing graph would be `wrong`, any error but a refusal `crashed`. `mvn -pl
                exporter/djl -am test -Dtest=OutsideTest -Doutside=full -Dsurefire.failIfNoSpecifiedTests=false` tries
                all blocks, every build each third one and all that are refused; add `-Doutside.write=true` to write the
                page.

                """);
        page.append(String.format(
                Locale.ROOT,
                "%d blocks: %d agree, %d are refused, none is wrong and none crashes.%n%n",
                all.size(),
                agree,
                all.size() - agree));
        page.append("""
                The differences are the largest absolute ones between the block and ONNX Runtime over all outputs and
                sizes, and between ONNX Runtime and the tests' reference evaluator at small sizes. Every graph passes
                the onnx project's checker where a Python has it. With `-Doutside.vectors=true` the graphs' inputs and
                outputs stay in the ONNX project's test layout, and `python src/test/python/run_engines.py
                target/checked/outside target/outside-vectors target/outside-engines.tsv` compares OpenVINO 2026.4.1
                (CPU, `INFERENCE_PRECISION_HINT` f32) and the reference evaluator of the onnx package 1.22.0 with them,
                at ten times the tolerance; the next writing of this page takes its columns from there.

                """);
        page.append(engines(all));
        page.append(causes());
        page.append("""
                ## Where they come from

                | name | address | licence |
                |---|---|---|
                """);
        all.stream()
                .map(OutsideBlock::origin)
                .distinct()
                .filter(origin -> !origin.address().isEmpty())
                .forEach(o -> page.append(String.format("| %s | %s | %s |%n", o.title(), o.address(), o.licence())));
        groups.forEach((title, blocks) -> {
            page.append("\n## ").append(title).append("\n\n");
            page.append("| block | from | inputs | compared at | ONNX Runtime | OpenVINO | onnx's reference |\n")
                    .append("|---|---|---|---|---|---|---|\n");
            blocks.forEach(block -> page.append(String.format(
                    "| %s | %s | %s | %s | %s | %s |%n",
                    block.name(),
                    block.origin().title(),
                    inputs(block),
                    sizes(block),
                    outcomes.get(block.name()),
                    String.join(" | ", inEngines(block)))));
        });
        Files.writeString(FILE, page);
    }

    /** The section that says whose fault a difference is, written by hand: it stays as it is. */
    private static String causes() throws IOException {
        String text = Files.readString(FILE);
        int begin = text.indexOf("## Where other engines differ");
        return begin < 0 ? "" : text.substring(begin, text.indexOf("## Where they come from", begin));
    }

    private List<String> inEngines(OutsideBlock block) {
        return outcomes.get(block.name()).startsWith(AGREES)
                ? engines.getOrDefault(block.name(), List.of("not tried", "not tried"))
                : List.of("", "");
    }

    /** How many graphs agree in each engine. */
    private String engines(List<OutsideBlock> all) {
        StringBuilder rows = new StringBuilder("| engine | agrees | differs | fails |\n|---|--:|--:|--:|\n");
        List<String> names = List.of("OpenVINO", "onnx's reference evaluator");
        for (int i = 0; i < names.size(); i++) {
            int column = i;
            Map<String, Long> counts = all.stream()
                    .map(block -> inEngines(block).get(column).replaceAll("[ :].*", ""))
                    .collect(Collectors.groupingBy(text -> text, Collectors.counting()));
            rows.append(String.format(
                    Locale.ROOT,
                    "| %s | %d | %d | %d |%n",
                    names.get(i),
                    counts.getOrDefault("agrees", 0L),
                    counts.getOrDefault("differs", 0L) + counts.getOrDefault("shape", 0L),
                    counts.getOrDefault("fails", 0L)));
        }
        return rows + "\n";
    }

    private static String inputs(OutsideBlock block) {
        return block.inputs().stream()
                .map(i -> i.name() + " " + i.type().name().toLowerCase(Locale.ROOT) + i.shape())
                .collect(Collectors.joining(", "));
    }

    /** Each dimension's sizes in the order of the comparisons. */
    private static String sizes(OutsideBlock block) {
        Map<String, List<String>> sizes = new LinkedHashMap<>();
        block.points()
                .forEach(point -> point.forEach(
                        (dimension, size) -> sizes.computeIfAbsent(dimension, d -> new java.util.ArrayList<>())
                                .add(size.toString())));
        return sizes.entrySet().stream()
                .map(e -> e.getKey() + " " + String.join(" ", e.getValue()))
                .collect(Collectors.joining("; "));
    }
}
