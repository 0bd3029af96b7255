package io.kanerva.conformance.report;

import io.kanerva.conformance.check.Finding;
import io.kanerva.conformance.check.Finding.Outcome;
import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.check.Findings.Summary;
import io.kanerva.conformance.check.Latency;
import io.kanerva.conformance.compare.Comparison;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Findings as plain-text tables. */
public final class TextReport {
    private static final int MAX_PROBLEMS = 20;
    private static final int MAX_GRAPHS = 6;

    private TextReport() {}

    /**
     * One line per runtime and reference, or the reason why a runtime did not run; then the causes, the outputs that
     * are wrong, and what could not be run; then a line with totals.
     */
    public static String summary(Findings findings) {
        StringBuilder text = new StringBuilder(line(
                "%-46s %-18s %8s %6s %6s %8s %6s  %s",
                "runtime", "against", "outputs", "wrong", "unable", "budget", "noise", "equal bits"));
        for (Summary summary : findings.summaries()) {
            if (summary.runtime().ran()) {
                text.append(line(
                        "%-46s %-18s %8d %6d %6d %7s%% %6s  %s",
                        summary.runtime().title(),
                        summary.reference(),
                        summary.outputs(),
                        summary.failed(),
                        summary.unable(),
                        number("%.0f", 100 * summary.share()),
                        number("%.1f", summary.noise()),
                        bits(summary)));
            } else {
                text.append(line(
                        "%-46s did not run: %s",
                        summary.runtime().title(), summary.runtime().readiness().why()));
            }
        }
        findings.means().stream()
                .filter(Finding::holds)
                .forEach(mean -> text.append(mean.describe()).append(System.lineSeparator()));
        findings.notes().forEach(note -> text.append(note).append(System.lineSeparator()));
        findings.causes().forEach(cause -> text.append(line("cause: %s", cause.describe())));
        List<String> problems = findings.problems();
        problems.stream()
                .limit(MAX_PROBLEMS)
                .forEach(problem -> text.append("NOT ").append(problem).append(System.lineSeparator()));
        if (problems.size() > MAX_PROBLEMS) {
            text.append("and ")
                    .append(problems.size() - MAX_PROBLEMS)
                    .append(" more")
                    .append(System.lineSeparator());
        }
        unable(findings).forEach(sentence -> text.append(sentence).append(System.lineSeparator()));
        if (findings.engines().size() == 1) {
            text.append(line(
                    "only one engine was compared (%s): a fault that all its runtimes share shows against vectors only",
                    String.join("", findings.engines())));
        }
        if (!findings.noise().isEmpty()) {
            text.append(line("noise floor: %s", findings.noise()));
        }
        if (!findings.latencies().isEmpty()) {
            text.append(latency(findings));
        }
        long ran =
                findings.runtimes().stream().filter(Findings.Participant::ran).count();
        List<Finding> worst = findings.worst();
        return text.append(line(
                        "%d of %d runtimes ran; %,d of %,d outputs keep their budgets, and %,d of %,d "
                                + "comparisons passed (budget: largest share that was used; "
                                + "noise: error against float64 as a multiple of "
                                + "the float32 vectors' own)",
                        ran,
                        findings.runtimes().size(),
                        worst.stream().filter(Finding::holds).count(),
                        worst.size(),
                        findings.compared() - findings.failures().size(),
                        findings.compared()))
                .toString();
    }

    /**
     * The last line, for CI: what a run came to.
     *
     * @param problem why the command fails; empty if it does not
     */
    public static String verdict(Findings findings, String problem) {
        long adapters = findings.unable().stream()
                .filter(finding -> finding.outcome() == Outcome.ADAPTER_CANNOT)
                .count();
        String reason = problem.isEmpty() || findings.causes().isEmpty()
                ? problem
                : findings.causes().get(0).describe();
        return String.format(
                Locale.ROOT,
                "kpp verify %s: wrong %d of %d comparisons, cannot run %d, adapter cannot %d, runtimes %d of %d, "
                        + "engines %d%s",
                problem.isEmpty() ? "passed" : "FAILED",
                findings.failures().size(),
                findings.compared(),
                findings.unable().size() - adapters,
                adapters,
                findings.runtimes().stream().filter(Findings.Participant::ran).count(),
                findings.runtimes().size(),
                findings.engines().size(),
                reason.isEmpty() ? "" : "; " + reason);
    }

    /** One line for each runtime, setting and case: how long one run takes, and whether its outputs agree. */
    private static String latency(Findings findings) {
        List<Latency> all = findings.latencies();
        int runtime = Math.max(
                7, all.stream().mapToInt(one -> one.runtime().length()).max().orElse(0));
        int what = Math.max(
                5,
                all.stream()
                        .mapToInt(one -> (one.graph() + ", " + one.inputs()).length())
                        .max()
                        .orElse(0));
        String names = "%%-%ds %%-4s %%-%ds %%-7s ".formatted(runtime, what);
        StringBuilder text = new StringBuilder(line(
                "one run in ms, on one thread, as measured by the runtime: the median of %d after the first",
                all.get(0).runs()));
        text.append(line(names + "%10s", "runtime", "opt", "case", "agrees", "ms"));
        all.forEach(one -> text.append(line(
                names + "%10s",
                one.runtime(),
                one.optimised() ? "on" : "off",
                one.graph() + ", " + one.inputs(),
                one.agrees() ? "yes" : "NO",
                number("%.3f", one.milliseconds()))));
        return text.toString();
    }

    /** One sentence for each runtime, reason and kind of obstacle: the engine, or our adapter. */
    private static List<String> unable(Findings findings) {
        Map<List<Object>, List<Finding>> same = new LinkedHashMap<>();
        for (Finding finding : findings.unable()) {
            same.computeIfAbsent(
                            List.of(
                                    finding.runtime(),
                                    finding.outcome(),
                                    finding.comparison().problem()),
                            key -> new ArrayList<>())
                    .add(finding);
        }
        List<String> sentences = new ArrayList<>();
        for (List<Finding> group : same.values()) {
            Finding first = group.get(0);
            String graphs = group.stream()
                    .map(finding -> "'" + finding.graph() + "'")
                    .distinct()
                    .limit(MAX_GRAPHS)
                    .collect(Collectors.joining(", "));
            sentences.add("%s %s %s in %d runs: %s"
                    .formatted(
                            first.runtime(),
                            first.outcome() == Outcome.CANNOT_RUN
                                    ? "cannot run"
                                    : "was not asked, since our adapter cannot pass",
                            graphs,
                            group.size(),
                            first.comparison().problem()));
        }
        return sentences;
    }

    /** One line for the worst case of each output on each runtime. */
    public static String details(Findings findings) {
        List<Finding> worst = findings.worst();
        String names = "%%-%ds %%-%ds %%-4s %%-%ds %%-%ds %%-7s "
                .formatted(
                        widest(worst, "runtime", Finding::runtime),
                        widest(worst, "against", Finding::reference),
                        widest(worst, "graph", Finding::graph),
                        widest(worst, "output", finding -> finding.comparison().output()));
        StringBuilder text = new StringBuilder(line(
                names + "%10s %9s %9s %9s %6s %9s  %s",
                "runtime",
                "against",
                "opt",
                "graph",
                "output",
                "check",
                "values",
                "largest",
                "relative",
                "ulps",
                "dB",
                "1-cosine",
                "where, expected, found, budget"));
        for (Finding finding : worst) {
            Comparison c = finding.comparison();
            text.append(line(
                    names + "%,10d %9.2e %9.2e %9s %6s %9.1e  %s",
                    finding.runtime(),
                    finding.reference(),
                    finding.optimised() ? "on" : "off",
                    finding.graph(),
                    c.output(),
                    finding.check().name().toLowerCase(Locale.ROOT),
                    c.count(),
                    c.largest(),
                    c.relative(),
                    c.units() < 0 ? "–" : Long.toString(c.units()),
                    number("%.0f", c.signalToNoise()),
                    Math.max(0, 1 - c.cosine()),
                    where(finding)));
        }
        return text.toString();
    }

    private static int widest(List<Finding> findings, String title, Function<Finding, String> name) {
        return findings.stream()
                .mapToInt(finding -> name.apply(finding).length())
                .reduce(title.length(), Math::max);
    }

    private static String where(Finding finding) {
        Comparison c = finding.comparison();
        String verdict = switch (finding.outcome()) {
            case AGREES -> "";
            case WRONG -> "NO: ";
            case CANNOT_RUN -> "cannot run: ";
            case ADAPTER_CANNOT -> "our adapter cannot: ";
        };
        if (!c.problem().isEmpty()) {
            return verdict + c.problem();
        }
        return verdict
                + (c.largest() == 0
                        ? ""
                        : String.format(
                                Locale.ROOT, "%s %s %s %s, ", finding.inputs(), c.at(), (float) c.expected(), (float)
                                        c.found()))
                + c.tolerance().describe();
    }

    private static String bits(Summary summary) {
        if (summary.bits() == 0) {
            return "–";
        }
        return summary.unequal() == 0
                ? "yes, all %d".formatted(summary.bits())
                : "NO, %d of %d".formatted(summary.unequal(), summary.bits());
    }

    private static String number(String pattern, double value) {
        return Double.isNaN(value)
                ? "–"
                : value == Double.POSITIVE_INFINITY ? "inf" : String.format(Locale.ROOT, pattern, value);
    }

    private static String line(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values).stripTrailing() + System.lineSeparator();
    }
}
