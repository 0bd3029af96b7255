package io.kanerva.tools.report;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Several runs side by side: their curves, what their plans differ in, and how they end.
 *
 * @param title of the page
 * @param summary one sentence
 * @param runs at least one
 */
public record RunsPage(String title, String summary, List<Run> runs) {

    /**
     * One run.
     *
     * @param name of the run
     * @param plan all values, by key
     * @param curve measurements during training; empty if there are none
     * @param results names and values, the same names for all runs
     */
    public record Run(
            String name, Map<String, String> plan, List<CurveFigure.Point> curve, Map<String, String> results) {}

    /** The keys in which the plans differ, in their order. */
    public List<String> differences() {
        Set<String> keys = new LinkedHashSet<>();
        runs.forEach(run -> keys.addAll(run.plan().keySet()));
        return keys.stream()
                .filter(key -> runs.stream()
                                .map(run -> run.plan().getOrDefault(key, ""))
                                .distinct()
                                .count()
                        > 1)
                .toList();
    }

    /** The names of the columns of {@link #rows}. */
    public List<String> columns() {
        List<String> columns = new ArrayList<>(List.of("run"));
        columns.addAll(differences());
        columns.addAll(runs.get(0).results().keySet());
        return columns;
    }

    /** A row for each run: its name, the values in which it differs, its results. */
    public List<List<String>> rows() {
        List<String> differences = differences();
        return runs.stream()
                .map(run -> {
                    List<String> row = new ArrayList<>(List.of(run.name()));
                    differences.forEach(key -> row.add(run.plan().getOrDefault(key, "")));
                    row.addAll(run.results().values());
                    return row;
                })
                .toList();
    }

    /** Returns the markup. */
    public String html() {
        HtmlPage page = new HtmlPage(title, summary);
        page.section("results", "Results", "Each run with the values of its plan that are not the same in all runs.")
                .table("", columns(), rows());
        List<RunsFigure.Curve> curves = runs.stream()
                .filter(run -> !run.curve().isEmpty())
                .map(run -> new RunsFigure.Curve(run.name(), run.curve()))
                .toList();
        if (!curves.isEmpty()) {
            page.section(
                    "curves",
                    "Curves",
                    "Nats per image on the training episodes, with all terms at full weight. Lower is better.");
            page.figure(new RunsFigure(curves).svg(), "The bound by step; the first steps may leave the plot.");
        }
        return page.html();
    }
}
