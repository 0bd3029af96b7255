package io.kanerva.exporter.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.nn.Block;
import io.kanerva.exporter.trace.InputSpec;
import io.kanerva.onnx.reference.SeveralOpinions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * A section of {@code AGREEMENT.md}: how far the graphs of some blocks are from the blocks, and from the reference
 * evaluator.
 *
 * <p>{@code -Dagreement.write=true} writes the section anew, once all its rows were measured. Otherwise every row must
 * be there; that no difference is larger than allowed, the export itself sees to.
 */
final class AgreementTable {
    private static final Path FILE = Path.of("AGREEMENT.md");
    private static final boolean WRITES = Boolean.getBoolean("agreement.write");
    private static final double OPINIONS = 1e-4;
    /** The last section is written by hand; {@code FusionsTest} checks it. */
    private static final String FUSIONS = "\n## Fusions";

    private static final String RULE = """
            | %s | block and ONNX Runtime | ONNX Runtime and reference | allowed |
            |---|--:|--:|--:|
            """;
    private static final String HEAD = """
            # How far exported graphs are from their blocks

            Each row is one block or method, exported with random weights, and run at sizes that were not traced: by the
            block on DJL's PyTorch engine, by ONNX Runtime, and by the tests' reference evaluator, which is written from
            ONNX's specification and computes in float64. The table shows maximum absolute differences over all outputs
            and sizes. The block and ONNX Runtime may differ by the allowed difference times max(1, |value|), ONNX
            Runtime and the reference by 1e-4 times that.

            `mvn -pl exporter/djl -am test -Dtest=BlocksTest,RecurrentTest,RecurrentLoopsTest,MethodsTest
            -Dagreement.write=true -Dsurefire.failIfNoSpecifiedTests=false` writes this file; the same tests check that
            no row is missing. [ZOO.md](ZOO.md) has whole networks.
            """;

    private final String title;
    private final Collection<String> names;
    private final Map<String, String> rows = new LinkedHashMap<>();
    private final Map<String, String> measured = new TreeMap<>();

    /**
     * A section.
     *
     * @param names of all its rows, in their order
     */
    AgreementTable(String title, Collection<String> names) {
        this.title = title;
        this.names = names;
        sections().getOrDefault(title, List.of()).forEach(row -> rows.put(row.substring(2, row.indexOf(" |", 2)), row));
    }

    /** Exports a block, has it run by all, and sees to its row. */
    OnnxModel export(String name, Block block, List<InputSpec> inputs, ExportOptions options) {
        SeveralOpinions opinions = new SeveralOpinions(OPINIONS);
        OnnxModel model = OnnxExporter.export(
                block, inputs, List.of(), options.withCheck(opinions).withProbeBudget(Exports.PROBE_BUDGET));
        assertThat(model.checks().stream().map(OnnxModel.Check::sizes).distinct())
                .hasSizeGreaterThanOrEqualTo(2);
        String row = String.format(
                Locale.ROOT,
                "| %s | %.1e | %.1e | %.0e |",
                name,
                Exports.largestDifference(model),
                opinions.largestDifference(),
                options.tolerance());
        if (WRITES) {
            measured.put(name, row);
        } else {
            assertThat(rows).as("rows of %s in %s", title, FILE).containsKey(name);
            assertThat(last(rows.get(name)))
                    .as("what %s allows for %s", FILE, name)
                    .isEqualTo(last(row));
        }
        return model;
    }

    private static String last(String row) {
        return row.substring(row.lastIndexOf(" | "));
    }

    /** The file must have the section's rows and no others. */
    void requireAllRows() {
        if (!WRITES) {
            assertThat(rows.keySet()).as("rows of %s in %s", title, FILE).containsExactlyInAnyOrderElementsOf(names);
        }
    }

    /** Puts the section into the file if that was asked for. */
    void write() {
        if (!WRITES) {
            return;
        }
        assertThat(measured.keySet()).containsExactlyInAnyOrderElementsOf(names);
        Map<String, List<String>> sections = sections();
        sections.put(title, names.stream().map(measured::get).toList());
        StringBuilder text = new StringBuilder(HEAD);
        sections.forEach((name, lines) -> text.append("\n## ")
                .append(name)
                .append("\n\n")
                .append(RULE.formatted(name.toLowerCase(Locale.ROOT)))
                .append(String.join("\n", lines))
                .append("\n"));
        try {
            String old = Files.exists(FILE) ? Files.readString(FILE) : "";
            text.append(old.contains(FUSIONS) ? old.substring(old.indexOf(FUSIONS)) : "");
            Files.writeString(FILE, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, List<String>> sections() {
        Map<String, List<String>> sections = new TreeMap<>();
        if (!Files.exists(FILE)) {
            return sections;
        }
        try {
            for (String part : Files.readString(FILE).split(FUSIONS)[0].split("\n## ")) {
                List<String> lines = part.lines().toList();
                List<String> rows = lines.stream()
                        .filter(line -> line.startsWith("| "))
                        .skip(1)
                        .toList();
                if (!rows.isEmpty()) {
                    sections.put(lines.get(0), rows);
                }
            }
            return sections;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
