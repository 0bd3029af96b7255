package io.kanerva.conformance.bundle;

import io.kanerva.conformance.compare.Comparison;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What comparisons found.
 *
 * @param rows one for each output of each graph in each case
 */
public record Agreement(List<Row> rows) {

    /**
     * One output in one case.
     *
     * @param paths which two were compared, for example {@code PyTorch / ONNX Runtime}; the first is the reference
     * @param graph for example {@code reader}
     * @param inputs what went in, for example {@code random, B=2 T=27}
     * @param difference what came out
     */
    public record Row(String paths, String graph, String inputs, Comparison difference) {
        /** Graph, output, inputs and what was found, in one sentence. */
        public String describe() {
            return "%s: graph '%s', output '%s' (%s) %s"
                    .formatted(paths, graph, difference.output(), inputs, difference.describe());
        }
    }

    public Agreement {
        rows = List.copyOf(rows);
    }

    /** The same in a table of several bundles. */
    public Agreement of(String bundle) {
        return new Agreement(rows.stream()
                .map(row -> new Row(row.paths(), bundle + "/" + row.graph(), row.inputs(), row.difference()))
                .toList());
    }

    /** All rows of both. */
    public Agreement and(Agreement other) {
        List<Row> all = new ArrayList<>(rows);
        all.addAll(other.rows);
        return new Agreement(all);
    }

    /** Whether anything was compared and every output kept its budget. */
    public boolean holds() {
        return !rows.isEmpty() && failures().isEmpty();
    }

    /** The rows that did not keep their budget. */
    public List<Row> failures() {
        return rows.stream().filter(row -> !row.difference().within()).toList();
    }

    /** Largest absolute difference of each graph over all its outputs and cases, in the order of the rows. */
    public Map<String, Double> largestPerGraph() {
        Map<String, Double> largest = new LinkedHashMap<>();
        rows.forEach(row -> largest.merge(row.graph(), row.difference().largest(), Math::max));
        return largest;
    }

    /**
     * One row for each output of each graph on each pair of paths: its worst case, with the number of values of all
     * cases. What a reader wants to see.
     */
    public List<Row> summary() {
        Map<List<String>, Row> worst = new LinkedHashMap<>();
        rows.forEach(row ->
                worst.merge(List.of(row.paths(), row.graph(), row.difference().output()), row, Agreement::worse));
        return List.copyOf(worst.values());
    }

    private static Row worse(Row one, Row other) {
        Row worse = severity(other) > severity(one) ? other : one;
        return new Row(
                worse.paths(),
                worse.graph(),
                worse.inputs(),
                worse.difference()
                        .ofElements(
                                one.difference().count() + other.difference().count()));
    }

    private static double severity(Row row) {
        return row.difference().within() ? row.difference().largest() : Double.POSITIVE_INFINITY;
    }

    /** The {@link #summary} as a table of text, a line each, and a last line that counts. */
    public String toText() {
        List<Row> summary = summary();
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "%-26s %-22s %-20s %10s  %9s  %9s  %-3s %-32s %s%n",
                "paths",
                "graph",
                "output",
                "values",
                "largest",
                "relative",
                "",
                "budget",
                "worst at"));
        for (Row row : summary) {
            Comparison d = row.difference();
            text.append(String.format(
                    Locale.ROOT,
                    "%-26s %-22s %-20s %,10d  %9.2e  %9.2e  %-3s %-32s %s%n",
                    row.paths(),
                    row.graph(),
                    d.output(),
                    d.count(),
                    d.largest(),
                    d.relative(),
                    d.within() ? "ok" : "NO",
                    d.tolerance().describe(),
                    d.problem().isEmpty() ? row.inputs() + " " + d.at() : d.problem()));
        }
        long within = summary.stream().filter(row -> row.difference().within()).count();
        return text.append(String.format(
                        Locale.ROOT,
                        "%d of %d outputs keep their budgets, in %d comparisons%n",
                        within,
                        summary.size(),
                        rows.size()))
                .toString();
    }
}
