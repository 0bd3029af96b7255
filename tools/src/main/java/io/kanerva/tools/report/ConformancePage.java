package io.kanerva.tools.report;

import io.kanerva.conformance.check.BoundFinding;
import io.kanerva.conformance.check.Finding;
import io.kanerva.conformance.check.Finding.Check;
import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.check.Findings.Participant;
import io.kanerva.conformance.check.Findings.Summary;
import io.kanerva.conformance.compare.Comparison;
import io.kanerva.conformance.tensor.TensorValue;
import io.kanerva.tools.image.Pictures;
import io.kanerva.tools.report.HtmlPage.Tile;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The page of a verification: what ran, how much of each budget was taken, and what the images look like. */
public final class ConformancePage {
    private static final int MOST_PICTURES = 12;
    private static final double DIFFERENCE_SCALE = 1e4;

    private ConformancePage() {
    }

    /**
     * The whole page.
     *
     * @param logits images to look at: {@code expected} and each runtime's, [B, Q, C, H, W]; may be empty
     */
    public static String of(Findings findings, Map<String, TensorValue> logits) {
        List<String> problems = findings.problems();
        long ran = findings.runtimes().stream().filter(Participant::ran).count();
        HtmlPage page = new HtmlPage("Conformance of " + findings.subject(), problems.isEmpty()
                ? "Every output of every runtime that ran is as it should be." : "%d comparisons are not as they should be.".formatted(problems.size()));
        page.tiles(List.of(new Tile("runtimes", ran + " of " + findings.runtimes().size(), "ran on this machine"),
                new Tile("comparisons", Html.format("%,d", findings.findings().size()), "outputs, with optimisations off and on"),
                new Tile("not as they should be", Integer.toString(problems.size()), "see below")));
        if (!problems.isEmpty()) {
            page.section("problems", "What is not as it should be", "Graph, output and inputs, and what was found there.");
            problems.stream().limit(50).forEach(page::paragraph);
        }
        page.section("runtimes", "Runtimes", "Budget: the largest part of its budget that an output takes. Noise: its error as a multiple of the error that the "
                + "float32 vectors themselves have against float64." + (findings.noise().isEmpty() ? " Nothing here computed in float64." : " " + sentence(findings.noise())));
        page.table("What ran, and what did not", List.of("runtime", "outputs", "failed", "budget", "noise", "equal bits", "versions, or why it did not run"),
                findings.summaries().stream().map(summary -> row(findings, summary)).toList());
        page.section("budgets", "How much of each budget is taken", "One dot an output at its worst case; the line at the right is the budget. Equal bits are at the left edge.");
        page.figure(BudgetFigure.svg(findings), "Logarithmic: each step is a factor of ten.");
        if (!findings.bounds().isEmpty()) {
            page.section("bound", "Bound", "The clean bound of the same test images with the same noise through each runtime's graphs.");
            page.table("nats an image", List.of("runtime", "model", "images", "bound", "difference", "of one image at most", ""), findings.bounds().stream().map(ConformancePage::row).toList());
        }
        if (logits.containsKey("expected") && (logits.get("expected").shape()[2] == 1 || logits.get("expected").shape()[2] == 3)) { // not a mixture's numbers
            pictures(page, logits);
        }
        page.section("outputs", "Every output", "The worst case of each.");
        page.table("Differences", List.of("runtime", "optimised", "graph", "output", "check", "largest", "relative", "ulps", "dB", "cosine", "where", "budget", ""),
                findings.worst().stream().map(ConformancePage::row).toList());
        return page.html();
    }

    private static List<String> row(Findings findings, Summary summary) {
        Participant runtime = summary.runtime();
        long unequal = findings.failures().stream().filter(f -> f.check() == Check.BITS && f.runtime().equals(runtime.name())).count();
        return runtime.ran() ? List.of(runtime.title(), Long.toString(summary.outputs()), Long.toString(summary.failed()), number("%.0f %%", 100 * summary.share()),
                number("%.1f", summary.noise()), summary.bits() == 0 ? "–" : unequal == 0 ? "yes, %d".formatted(summary.bits()) : "no, %d".formatted(unequal), runtime.about())
                : List.of(runtime.title(), "–", "–", "–", "–", "–", runtime.readiness().why());
    }

    private static List<String> row(BoundFinding bound) {
        return List.of(bound.runtime(), bound.bundle(), Integer.toString(bound.images()), number("%.4f", bound.nats()), number("%.1e", Math.abs(bound.nats() - bound.reference())),
                number("%.1e", bound.largestImageDifference()), bound.holds() ? "ok" : "no: " + bound.describe());
    }

    private static List<String> row(Finding finding) {
        Comparison c = finding.comparison();
        return List.of(finding.runtime(), finding.optimised() ? "yes" : "no", finding.graph(), c.output(), finding.check().name().toLowerCase(Locale.ROOT),
                number("%.1e", c.largest()), number("%.1e", c.relative()), c.units() < 0 ? "–" : Long.toString(c.units()), number("%.0f", c.signalToNoise()),
                number("%.6f", c.cosine()), c.problem().isEmpty() ? (finding.inputs() + " " + c.at()).strip() : c.problem(), c.tolerance().describe(), finding.holds() ? "ok" : "no");
    }

    private static void pictures(HtmlPage page, Map<String, TensorValue> logits) {
        page.section("pictures", "Pictures", "What the decoder makes of the first test vectors on each runtime, beside what is expected, and the difference of the "
                + "pixel probabilities times 10,000.");
        TensorValue expected = logits.get("expected");
        double[] reference = probabilities(expected);
        GridFigure images = new GridFigure("Decoded images, a row a runtime", MOST_PICTURES).row("", pictures(expected, reference));
        List<String> names = new ArrayList<>();
        names.add("expected");
        for (String name : logits.keySet().stream().filter(key -> !key.equals("expected")).sorted().toList()) {
            double[] found = probabilities(logits.get(name));
            double[] difference = new double[found.length];
            for (int i = 0; i < found.length; i++) {
                difference[i] = Math.min(1, DIFFERENCE_SCALE * Math.abs(found[i] - reference[i]));
            }
            images.row("", pictures(expected, found)).row("", pictures(expected, difference));
            names.add(name + ", and its difference");
        }
        page.figure(images.svg(), "From the top: " + String.join("; ", names) + ".");
    }

    private static double[] probabilities(TensorValue logits) {
        double[] values = logits.doubles();
        for (int i = 0; i < values.length; i++) {
            values[i] = 1 / (1 + Math.exp(-values[i]));
        }
        return values;
    }

    private static Pictures pictures(TensorValue shaped, double[] values) {
        long[] shape = shaped.shape();
        float[] single = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            single[i] = (float) values[i];
        }
        Pictures all = new Pictures(single, (int) (shape[0] * shape[1]), (int) shape[2], (int) shape[3], (int) shape[4]);
        return all.slice(0, Math.min(MOST_PICTURES, all.count()));
    }

    private static String sentence(String text) {
        return Character.toUpperCase(text.charAt(0)) + text.substring(1) + ".";
    }

    private static String number(String pattern, double value) {
        return Double.isNaN(value) ? "–" : value == Double.POSITIVE_INFINITY ? "∞" : value == Double.NEGATIVE_INFINITY ? "−∞" : Html.format(pattern, value);
    }
}
