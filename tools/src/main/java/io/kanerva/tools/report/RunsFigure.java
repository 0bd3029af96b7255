package io.kanerva.tools.report;

import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/** The bounds of several runs by step, as SVG, and below them a line for each run's name, however long. */
final class RunsFigure {
    private static final int WIDTH = 760;
    private static final int HEIGHT = 320;
    private static final int LEFT = 52;
    private static final int RIGHT = 20;
    private static final int TOP = 14;
    private static final int BOTTOM = 34;
    private static final int LINE = 16;
    /** Told apart by those who see no red or green, too: Okabe and Ito's colours. */
    private static final List<String> COLOURS =
            List.of("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#7f7f7f");

    private static final List<String> DASHES = List.of("none", "7 3", "2 3");

    /**
     * One run.
     *
     * @param name of the run
     * @param points its curve, ordered by step, at least one
     */
    record Curve(String name, List<CurveFigure.Point> points) {}

    private final List<Curve> curves;
    private final double last;
    private final double low;
    private final double high;

    RunsFigure(List<Curve> curves) {
        this.curves = curves.stream()
                .map(curve -> new Curve(curve.name(), CurveFigure.thinned(curve.points())))
                .toList();
        last = this.curves.stream()
                .mapToDouble(
                        curve -> curve.points().get(curve.points().size() - 1).step())
                .max()
                .orElse(1);
        low = bounds().min().orElse(0);
        // The first steps may leave the plot at the top.
        double highest = this.curves.stream()
                .flatMap(curve -> curve.points().stream())
                .filter(point -> point.step() >= 0.1 * last)
                .mapToDouble(CurveFigure.Point::bound)
                .filter(Double::isFinite)
                .max()
                .orElse(low + 1);
        high = highest > low ? highest : low + 1;
    }

    private DoubleStream bounds() {
        return curves.stream()
                .flatMap(curve -> curve.points().stream())
                .mapToDouble(CurveFigure.Point::bound)
                .filter(Double::isFinite);
    }

    String svg() {
        StringBuilder svg = new StringBuilder(
                "<svg class=\"wide\" role=\"img\" viewBox=\"0 0 %d %d\" aria-label=\"Bounds of %d runs by step\">\n"
                        .formatted(WIDTH, HEIGHT + LINE * curves.size(), curves.size()));
        for (int i = 0; i <= 4; i++) {
            double value = low + (high - low) * i / 4;
            svg.append(("<path class=\"axis\" d=\"M%d %sH%d\"/><text x=\"%d\" y=\"%s\" font-size=\"12\" "
                            + "text-anchor=\"end\">%s</text>\n")
                    .formatted(
                            LEFT,
                            Html.number(y(value)),
                            WIDTH - RIGHT,
                            LEFT - 8,
                            Html.number(y(value) + 4),
                            Html.format(high - low < 10 ? "%.2f" : "%.0f", value)));
            double step = last * i / 4;
            svg.append("<text x=\"%s\" y=\"%d\" font-size=\"12\" text-anchor=\"middle\">%s</text>\n"
                    .formatted(Html.number(x(step)), HEIGHT - BOTTOM + 18, Html.format("%,.0f", step)));
        }
        for (int i = 0; i < curves.size(); i++) {
            line(svg, i);
        }
        return svg.append("</svg>").toString();
    }

    private void line(StringBuilder svg, int index) {
        String path = CurveFigure.path(
                curves.get(index).points(), CurveFigure.Point::bound, this::x, bound -> y(Math.min(bound, high)));
        String style = String.format(
                Locale.ROOT,
                "fill:none;stroke:%s;stroke-width:%s;stroke-linecap:round;stroke-dasharray:%s",
                COLOURS.get(index % COLOURS.size()),
                curves.get(index).points().size() == 1 ? "6" : "1.8", // a dot
                DASHES.get(index / COLOURS.size() % DASHES.size()));
        int y = HEIGHT + LINE * index + 8;
        svg.append("<path style=\"%s\" d=\"%sh0\"/>\n".formatted(style, path));
        svg.append(("<path style=\"%s\" d=\"M%d %dh22\"/><text x=\"%d\" y=\"%d\" font-size=\"12\">%s</text>\n")
                .formatted(
                        style,
                        LEFT,
                        y - 4,
                        LEFT + 28,
                        y,
                        Html.escape(curves.get(index).name())));
    }

    private double x(double step) {
        return LEFT + step / last * (WIDTH - LEFT - RIGHT);
    }

    private double y(double bound) {
        return HEIGHT - BOTTOM - (bound - low) / (high - low) * (HEIGHT - TOP - BOTTOM);
    }
}
