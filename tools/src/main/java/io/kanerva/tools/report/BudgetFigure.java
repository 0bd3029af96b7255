package io.kanerva.tools.report;

import io.kanerva.conformance.check.Finding;
import io.kanerva.conformance.check.Finding.Check;
import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.check.Findings.Participant;
import java.util.List;

/**
 * The share of its budget that each output uses on each runtime: one line per runtime, one dot per output, on a
 * logarithmic axis.
 */
final class BudgetFigure {
    private static final int LEFT = 250;
    private static final int RIGHT = 780;
    private static final int LINE = 26;
    private static final int TOP = 30;
    private static final int DECADES = 6;

    private BudgetFigure() {}

    /** Returns the markup. */
    static String svg(Findings findings) {
        List<Participant> ran =
                findings.runtimes().stream().filter(Participant::ran).toList();
        int height = TOP + LINE * ran.size() + 30;
        StringBuilder svg = new StringBuilder(
                ("<svg class=\"wide\" viewBox=\"0 0 820 %d\" role=\"img\" aria-label=\"Share of the budget that "
                                + "each output uses on each runtime\">")
                        .formatted(height));
        for (int decade = -DECADES; decade <= 1; decade++) {
            double x = x(Math.pow(10, decade));
            svg.append(Html.format(
                    "<line class=\"%s\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>",
                    decade == 0 ? "wrong" : "axis", x, x, TOP - 8, height - 26));
            String label = decade == 0 ? "budget" : decade == 1 ? "10 x" : Html.format("1e%d", decade);
            svg.append(Html.format(
                    "<text x=\"%.1f\" y=\"%d\" font-size=\"11\" text-anchor=\"middle\">%s</text>",
                    x, height - 8, label));
        }
        for (int i = 0; i < ran.size(); i++) {
            int y = TOP + LINE * i + LINE / 2;
            svg.append("<text class=\"strong\" x=\"%d\" y=\"%d\" font-size=\"12\" text-anchor=\"end\">%s</text>"
                    .formatted(LEFT - 16, y + 4, Html.escape(ran.get(i).name())));
            svg.append("<line class=\"axis\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>".formatted(LEFT, RIGHT, y, y));
            String name = ran.get(i).name();
            for (Finding finding : findings.worst()) {
                if (finding.runtime().equals(name) && finding.check() == Check.BUDGET && !finding.isUnable()) {
                    svg.append(dot(finding, y + (finding.optimised() ? 5 : -5)));
                }
            }
        }
        return svg.append("</svg>").toString();
    }

    private static String dot(Finding finding, int y) {
        String title = "%s %s, optimisations %s: %s"
                .formatted(
                        finding.graph(),
                        finding.comparison().output(),
                        finding.optimised() ? "on" : "off",
                        finding.comparison().describe());
        return Html.format(
                "<circle cx=\"%.1f\" cy=\"%d\" r=\"4\" fill=\"var(--%s)\" "
                        + "fill-opacity=\"0.7\"><title>%s</title></circle>",
                x(finding.comparison().share()), y, finding.holds() ? "accent" : "wrong", Html.escape(title));
    }

    private static double x(double share) {
        double decade = Math.max(-DECADES, Math.min(1, Math.log10(Math.max(share, 1e-30))));
        return LEFT + (decade + DECADES) / (DECADES + 1) * (RIGHT - LEFT);
    }
}
