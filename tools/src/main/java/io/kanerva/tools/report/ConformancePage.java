package io.kanerva.tools.report;

import io.kanerva.conformance.check.Finding;
import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.check.Findings.Participant;
import io.kanerva.conformance.check.Findings.Summary;
import io.kanerva.conformance.check.Latency;
import io.kanerva.conformance.compare.Comparison;
import io.kanerva.onnx.Tensor;
import io.kanerva.tools.image.Pictures;
import io.kanerva.tools.report.HtmlPage.Tile;
import java.util.List;
import java.util.Locale;

/** The page of a verification: what ran, how much of each budget was used, and the decoded images. */
public final class ConformancePage {
    private static final int MAX_PICTURES = 6;
    private static final int MIN_COLUMNS = 8;
    private static final int MAX_PROBLEMS = 100;
    /** Longer tables of latencies open when they are clicked. */
    private static final int MAX_OPEN = 24;

    private static final double DIFFERENCE_SCALE = 1e4;

    private ConformancePage() {}

    /**
     * Returns the page.
     *
     * @param pictures images decoded from some vectors: the expected ones and each runtime's
     */
    public static String of(Findings findings, DecodedImages pictures) {
        List<String> problems = findings.problems();
        long ran = findings.runtimes().stream().filter(Participant::ran).count();
        HtmlPage page = new HtmlPage("Conformance of " + findings.subject(), summary(findings));
        // Where something is wrong, that comes first.
        if (!problems.isEmpty() || !findings.unable().isEmpty()) {
            VerdictMatrix.add(page, findings);
        }
        page.tiles(List.of(
                new Tile("runtimes", ran + " of " + findings.runtimes().size(), "ran on this machine"),
                new Tile(
                        findings.compared() == 1 ? "comparison" : "comparisons",
                        Html.format("%,d", findings.compared()),
                        "outputs, with optimisations off and on"),
                new Tile(
                        problems.size() == 1 ? "failed comparison" : "failed comparisons",
                        Integer.toString(problems.size()),
                        problems.isEmpty() ? "all are within their budgets" : "see below",
                        !problems.isEmpty())));
        page.section(
                "runtimes",
                "Runtimes",
                "Budget: the largest share of its budget that an output uses. Noise: its error as a multiple of "
                        + "the error that the float32 vectors themselves have against float64."
                        + (findings.noise().isEmpty()
                                ? " No runtime here computes in float64."
                                : " " + sentence(findings.noise())));
        page.table(
                "Runtimes",
                List.of(
                        "runtime",
                        "against",
                        "outputs",
                        "failed",
                        "unable",
                        "budget",
                        "noise",
                        "equal bits",
                        "versions, or why it did not run"),
                findings.summaries().stream().map(ConformancePage::row).toList());
        page.section(
                "budgets",
                "Budget used",
                "One dot per output at its worst case, without graph optimisations above a runtime's line, with them "
                        + "below; the line at the right is the budget. Bit-identical outputs are at the left edge.");
        page.figure(
                BudgetFigure.svg(findings), "Logarithmic: each step is a factor of ten. Hover over a dot for details.");
        if (!findings.latencies().isEmpty()) {
            latencies(page, findings.latencies());
        }
        if (!findings.means().isEmpty()) {
            page.section(
                    "bound",
                    "Bound",
                    "The clean bound of the same test images with the same noise down each path, and its three terms.");
            page.table(
                    "nats per image",
                    List.of(
                            "runtime",
                            "against",
                            "model",
                            "term",
                            "images",
                            "mean",
                            "difference",
                            "maximum of one image",
                            ""),
                    findings.means().stream().map(ConformancePage::mean).toList());
        }
        if (!findings.notes().isEmpty()) {
            page.section("notes", "Notes", "What could not be compared, and further results.");
            findings.notes().forEach(page::paragraph);
        }
        if (!pictures.isEmpty()) {
            pictures(page, pictures);
        }
        if (!problems.isEmpty()) {
            page.section("problems", "Failures", "Each comparison that failed: what was expected and what was found.");
            page.foldedTable(
                    counted(problems.size(), "failed comparison"),
                    problems.size() <= MAX_PROBLEMS,
                    List.of("graph, output, inputs and what was found"),
                    problems.stream().limit(MAX_PROBLEMS).map(List::of).toList(),
                    row -> true);
            if (problems.size() > MAX_PROBLEMS) {
                page.paragraph("And %,d more.".formatted(problems.size() - MAX_PROBLEMS));
            }
        }
        page.section(
                "outputs",
                "Every output",
                "Worst cases, one table per runtime; click to open one. A unit in the last place is the distance "
                        + "to the next float32; dB is the signal-to-noise ratio; 'where' is the inputs and the "
                        + "element that uses most of the budget.");
        for (Participant runtime : findings.runtimes()) {
            List<Finding> worst = findings.worst().stream()
                    .filter(finding -> finding.runtime().equals(runtime.name()))
                    .toList();
            if (!worst.isEmpty()) {
                long outputs = worst.stream()
                        .filter(finding -> !finding.isUnable())
                        .map(finding ->
                                finding.graph() + " " + finding.comparison().output())
                        .distinct()
                        .count();
                long failed = findings.failures().stream()
                        .filter(finding -> finding.runtime().equals(runtime.name()))
                        .count();
                long unable = worst.stream().filter(Finding::isUnable).count();
                page.foldedTable(
                        "%s: %s, %s%s"
                                .formatted(
                                        runtime.title(),
                                        counted((int) outputs, "output"),
                                        failed == 0 ? "none failed" : counted((int) failed, "comparison") + " failed",
                                        unable == 0 ? "" : ", cannot run or pass " + unable),
                        failed > 0,
                        List.of(
                                "output",
                                "",
                                "against",
                                "optimised",
                                "check",
                                "values",
                                "largest",
                                "relative",
                                "ulps",
                                "dB",
                                "1 − cosine",
                                "where",
                                "budget"),
                        worst.stream().map(ConformancePage::row).toList(),
                        row -> !worst.get(row).holds() && !worst.get(row).isUnable());
            }
        }
        return page.html();
    }

    private static void latencies(HtmlPage page, List<Latency> latencies) {
        page.section(
                "latency",
                "Latency",
                "What one run takes on one thread, as measured by each runtime: the median of %d runs after the first."
                        .formatted(latencies.get(0).runs()));
        page.foldedTable(
                counted(latencies.size(), "median") + " in milliseconds",
                latencies.size() <= MAX_OPEN,
                List.of("runtime", "case", "optimised", "agrees", "ms"),
                latencies.stream()
                        .map(one -> List.of(
                                one.runtime(),
                                one.graph() + ", " + one.inputs(),
                                one.optimised() ? "yes" : "no",
                                one.agrees() ? "yes" : "NO",
                                number("%,.3f", one.milliseconds())))
                        .toList(),
                row -> !latencies.get(row).agrees());
    }

    private static String summary(Findings findings) {
        int problems = findings.problems().size();
        if (problems == 0 && findings.compared() == 0) {
            return "Nothing was compared.";
        }
        if (problems == 0) {
            return findings.unable().isEmpty()
                    ? "Every output of every runtime that ran is within its budget."
                    : "Every output that a runtime gave is within its budget; some runtimes cannot run all graphs.";
        }
        String count = counted(problems, "comparison") + " failed.";
        return findings.causes().isEmpty()
                ? count
                : sentence(findings.causes().get(0).describe()) + " " + count;
    }

    static String counted(int count, String thing) {
        return "%,d %s%s".formatted(count, thing, count == 1 ? "" : "s");
    }

    private static List<String> row(Summary summary) {
        Participant runtime = summary.runtime();
        return runtime.ran()
                ? List.of(
                        runtime.title(),
                        summary.reference(),
                        Long.toString(summary.outputs()),
                        Long.toString(summary.failed()),
                        Long.toString(summary.unable()),
                        number("%,.0f %%", 100 * summary.share()),
                        number("%.1f", summary.noise()),
                        summary.bits() == 0
                                ? "–"
                                : "%d of %d".formatted(summary.bits() - summary.unequal(), summary.bits()),
                        runtime.about())
                : List.of(
                        runtime.title(),
                        "–",
                        "–",
                        "–",
                        "–",
                        "–",
                        "–",
                        "–",
                        "Did not run: " + runtime.readiness().why());
    }

    private static List<String> mean(Finding finding) {
        Comparison c = finding.comparison();
        return List.of(
                finding.runtime(),
                finding.reference(),
                finding.graph().replaceFirst("/.*", ""),
                c.output(),
                Html.format("%,d", c.count()),
                number("%.4f", c.found()),
                number("%.1e", Math.abs(c.found() - c.expected())),
                number("%.1e", c.largest()),
                finding.holds() ? "ok" : "no: " + finding.describe());
    }

    private static List<String> row(Finding finding) {
        Comparison c = finding.comparison();
        return List.of(
                finding.graph() + " " + c.output(),
                switch (finding.outcome()) {
                    case AGREES -> "ok";
                    case WRONG -> "NO";
                    case CANNOT_RUN -> "cannot run";
                    case ADAPTER_CANNOT -> "adapter";
                },
                finding.reference(),
                finding.optimised() ? "yes" : "no",
                finding.check().name().toLowerCase(Locale.ROOT),
                Html.format("%,d", c.count()),
                number("%.1e", c.largest()),
                number("%.1e", c.relative()),
                c.units() < 0 ? "–" : Html.format("%,d", c.units()),
                number("%.0f", c.signalToNoise()),
                number("%.0e", Math.max(0, 1 - c.cosine())),
                c.problem().isEmpty() ? (finding.inputs() + " " + c.at()).strip() : c.problem(),
                c.tolerance().describe());
    }

    private static void pictures(HtmlPage page, DecodedImages images) {
        page.section(
                "pictures",
                "Pictures",
                ("Left: decoded images (%s). Right: the difference of their pixels from the expected ones, times "
                                + "10,000; black is no difference.")
                        .formatted(images.source()));
        double[] expected = images.expected().doubles();
        int columns =
                Math.max(MIN_COLUMNS, 2 * pictures(images.expected(), expected).count());
        GridFigure figure = new GridFigure("Decoded images and their differences, one row per runtime", columns);
        images.all().forEach((name, found) -> {
            double[] values = found.doubles();
            double[] difference = new double[values.length];
            for (int i = 0; i < values.length; i++) {
                difference[i] = Math.min(1, DIFFERENCE_SCALE * Math.abs(values[i] - expected[i]));
            }
            figure.row(name, pictures(found, values).and(pictures(found, difference)));
        });
        page.figure(figure.svg(), "The first row is expected: PyTorch's images at the time of export.");
    }

    private static Pictures pictures(Tensor shaped, double[] values) {
        long[] shape = shaped.shape();
        float[] single = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            single[i] = (float) values[i];
        }
        Pictures all =
                new Pictures(single, (int) (shape[0] * shape[1]), (int) shape[2], (int) shape[3], (int) shape[4]);
        return all.slice(0, Math.min(MAX_PICTURES, all.count()));
    }

    static String sentence(String text) {
        return Character.toUpperCase(text.charAt(0)) + text.substring(1) + ".";
    }

    private static String number(String pattern, double value) {
        return Double.isNaN(value)
                ? "–"
                : value == Double.POSITIVE_INFINITY
                        ? "∞"
                        : value == Double.NEGATIVE_INFINITY ? "−∞" : Html.format(pattern, value);
    }
}
