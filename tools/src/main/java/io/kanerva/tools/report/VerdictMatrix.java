package io.kanerva.tools.report;

import io.kanerva.conformance.check.Cause;
import io.kanerva.conformance.check.Finding;
import io.kanerva.conformance.check.Finding.Outcome;
import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.check.Findings.Participant;
import java.util.ArrayList;
import java.util.List;

/** The first screen of a verification in which something is wrong: what is, where, and what follows. */
final class VerdictMatrix {
    private static final int MAX_GRAPHS = 12;

    private VerdictMatrix() {}

    static void add(HtmlPage page, Findings findings) {
        page.section("verdict", "Verdict", "One row per runtime and one column per graph.");
        List<String> graphs = findings.findings().stream()
                .filter(finding -> !finding.holds())
                .map(Finding::graph)
                .distinct()
                .toList();
        List<String> shown = graphs.stream().limit(MAX_GRAPHS).toList();
        List<String> header = new ArrayList<>(List.of("runtime"));
        header.addAll(shown);
        List<List<String>> rows = new ArrayList<>();
        for (Participant runtime : findings.runtimes()) {
            List<String> row = new ArrayList<>(List.of(runtime.title()));
            shown.forEach(graph -> row.add(cell(findings, runtime, graph)));
            rows.add(row);
        }
        if (!shown.isEmpty()) {
            page.matrix(
                    "Graphs with a finding"
                            + (graphs.size() > MAX_GRAPHS ? ", the first %d".formatted(MAX_GRAPHS) : ""),
                    header,
                    rows,
                    cell -> cell.startsWith("wrong") ? "bad" : cell.equals("agrees") ? "" : "soft");
        }
        findings.faults().forEach(page::paragraph);
        findings.causes().stream()
                .map(Cause::describe)
                .map(ConformancePage::sentence)
                .forEach(page::paragraph);
        page.paragraph("'wrong' counts outputs outside their budgets; 'cannot run' is the engine's refusal or crash; "
                + "'adapter' is a limit of the program between kpp and the engine, which says nothing about either.");
        if (findings.engines().size() == 1) {
            page.paragraph("Only one engine was compared (%s), which cannot confirm itself."
                    .formatted(String.join("", findings.engines())));
        }
        findings.unable().stream()
                .map(finding -> "%s %s: %s"
                        .formatted(
                                finding.runtime(),
                                finding.outcome() == Outcome.CANNOT_RUN
                                        ? "cannot run '" + finding.graph() + "'"
                                        : "was not asked about '" + finding.graph() + "', since our adapter cannot",
                                finding.comparison().problem()))
                .distinct()
                .limit(MAX_GRAPHS)
                .forEach(page::paragraph);
    }

    private static String cell(Findings findings, Participant runtime, String graph) {
        List<Finding> own = findings.findings().stream()
                .filter(finding -> finding.runtime().equals(runtime.name())
                        && finding.graph().equals(graph))
                .toList();
        long wrong = own.stream()
                .filter(finding -> finding.outcome() == Outcome.WRONG)
                .map(finding -> finding.comparison().output())
                .distinct()
                .count();
        if (!runtime.ran()) {
            return "did not run";
        }
        if (own.isEmpty()) {
            return "–";
        }
        if (wrong > 0) {
            boolean onlyOptimised = own.stream().anyMatch(finding -> !finding.optimised())
                    && own.stream()
                            .filter(finding -> finding.outcome() == Outcome.WRONG)
                            .allMatch(Finding::optimised);
            return "wrong (%d)%s".formatted(wrong, onlyOptimised ? ", optimised" : "");
        }
        if (own.stream().anyMatch(finding -> finding.outcome() == Outcome.CANNOT_RUN)) {
            return "cannot run";
        }
        return own.stream().anyMatch(finding -> finding.outcome() == Outcome.ADAPTER_CANNOT) ? "adapter" : "agrees";
    }
}
