package io.kanerva.bench.inference;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Makes the table from all sides' lines: medians over the rounds, and ratios of them. */
final class Summary {
    private final Map<String, List<Double>> values = new LinkedHashMap<>();
    private final Set<String> sides = new LinkedHashSet<>();

    private Summary() {}

    public static void main(String[] arguments) throws IOException {
        Summary summary = new Summary();
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            String[] words = line.split(" ");
            if (words.length == 3) {
                summary.values
                        .computeIfAbsent(words[0] + " " + words[1], name -> new ArrayList<>())
                        .add(Double.parseDouble(words[2]));
                summary.sides.add(words[0]);
            }
        }
        summary.requireSameAnswers();
        summary.table();
        summary.findings();
    }

    /** Checks that the checksums of each case are the same on all sides, up to the rounding of float32 sums. */
    private void requireSameAnswers() {
        values.forEach((name, sums) -> {
            if (!name.startsWith("check ")) {
                return;
            }
            double min = sums.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
            double max = sums.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
            if (max - min > 1e-4 * Math.max(1, Math.abs(max))) {
                throw new IllegalStateException(
                        "%s: expected the same checksum on all sides, found %s".formatted(name, sums));
            }
        });
        sides.remove("check");
    }

    private void table() {
        List<String> cases = new ArrayList<>();
        TimedCall.RECALLS.forEach(c -> cases.add(c.name()));
        TimedCall.WRITES.forEach(c -> cases.add(c.name()));
        System.out.printf(
                "| microseconds per call | %s |%n|---|%s%n", String.join(" | ", cases), "---:|".repeat(cases.size()));
        for (String side : sides) {
            System.out.printf("| %s |", side);
            cases.forEach(name -> System.out.print(
                    median(side, name) < 0 ? " |" : String.format(Locale.ROOT, " %,.1f |", median(side, name))));
            System.out.println();
        }
        System.out.println();
    }

    private void findings() {
        for (String name : List.of("recall-1", "recall-16", "recall-64", "write-1", "write-16", "write-64")) {
            ratio(name, "runtime", "base-runtime");
            ratio(name, "prepared", "base-prepared");
            ratio(name, "graph", "base-graph");
            ratio(name, "djl-pytorch", "runtime");
            ratio(name, "runtime", "c");
            ratio(name, "prepared", "c");
            if (median("arrays", name) > 0 && median("c", name) > 0) {
                System.out.printf(
                        Locale.ROOT,
                        "%s: (runtime - arrays) / c = %.3f%n",
                        name,
                        (median("runtime", name) - median("arrays", name)) / median("c", name));
            }
            ratio(name, "python", "runtime");
            ratio(name, "djl-onnxruntime", "runtime");
            if (median("runtime", name) > 0) {
                System.out.printf(
                        Locale.ROOT,
                        "%s: around the graph %.1f us, prepared %.1f us, in C %.1f us%n",
                        name,
                        median("runtime", name) - median("graph", name),
                        median("prepared", name) - median("graph", name),
                        name.startsWith("recall") ? median("c", name) - median("c-graph", name) : 0);
            }
        }
        for (String side : List.of("prepared", "base-prepared")) {
            if (median(side, "threads-1") > 0) {
                System.out.printf(
                        Locale.ROOT,
                        "%s: two threads reach %.2f x the recalls of one, and %.2f x with a model opened for two "
                                + "callers%n",
                        side,
                        median(side, "threads-1") / median(side, "threads-2"),
                        median(side, "threads-1") / median(side, "callers-2"));
            }
        }
        if (median("runtime", "first-recall-from-main") > 0) {
            System.out.printf(
                    Locale.ROOT,
                    "first recall: %.0f ms after the JVM's start, %.0f ms after main's start%n",
                    median("runtime", "first-recall-from-jvm-start") / 1e3,
                    median("runtime", "first-recall-from-main") / 1e3);
        }
    }

    private void ratio(String name, String one, String other) {
        if (median(one, name) > 0 && median(other, name) > 0) {
            System.out.printf(
                    Locale.ROOT, "%s: %s / %s = %.3f%n", name, one, other, median(one, name) / median(other, name));
        }
    }

    /** Returns the median over the rounds; -1 if this side lacks the case. */
    private double median(String side, String name) {
        List<Double> all = values.get(side + " " + name);
        return all == null ? -1 : Median.of(all);
    }
}
