package io.kanerva.tools.report;

import io.kanerva.trainer.train.StepMetrics;
import io.kanerva.trainer.train.ValidationScore;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** The training curve as SVG: the bound and its three terms by step. */
public final class CurveFigure {
    private static final int WIDTH = 760;
    private static final int HEIGHT = 300;
    private static final int LEFT = 58;
    private static final int RIGHT = 164;
    private static final int TOP = 26;
    private static final int BOTTOM = 34;
    private static final int MAX_POINTS = 240;

    /**
     * One measurement during training, in nats per image.
     *
     * @param step optimiser steps taken
     * @param bound the negative bound: the sum of the other three
     * @param reconstruction -ln p(x | z, traces)
     * @param klKeys KL(Y)
     * @param klLatent KL(Z)
     */
    public record Point(long step, double bound, double reconstruction, double klKeys, double klLatent) {

        /** A training step. */
        public static Point of(StepMetrics step) {
            return new Point(step.step(), step.bound(), step.reconstruction(), step.klKeys(), step.klLatent());
        }

        /** A validation score. */
        public static Point of(ValidationScore score) {
            return new Point(score.step(), score.bound(), score.reconstruction(), score.klKeys(), score.klLatent());
        }
    }

    private record Line(String style, String name, ToDoubleFunction<Point> value) {}

    private static final List<Line> LINES = List.of(
            new Line("latent", "KL(Z), latent", Point::klLatent),
            new Line("keys", "KL(Y), keys", Point::klKeys),
            new Line("reconstruction", "reconstruction", Point::reconstruction),
            new Line("bound", "bound", Point::bound));

    private final List<Point> points;
    private final double lastStep;
    private final double top;
    private final String plot;

    /** @param measurements ordered by step, at least one */
    CurveFigure(List<Point> measurements) {
        this(measurements, "plot");
    }

    /** @param plot an id that is unique in the page */
    CurveFigure(List<Point> measurements, String plot) {
        this.plot = plot;
        points = thinned(measurements);
        lastStep = Math.max(1, points.get(points.size() - 1).step());
        // The first steps are far above the rest and would flatten it, so they may leave the plot at the top.
        double highest = points.stream()
                .filter(point -> point.step() >= 0.04 * lastStep)
                .mapToDouble(Point::bound)
                .filter(Double::isFinite)
                .max()
                .orElse(1);
        top = Math.max(1e-3, 1.08 * highest);
    }

    /** Returns the markup. */
    String svg() {
        Point last = points.get(points.size() - 1);
        StringBuilder svg = new StringBuilder(
                ("<svg class=\"wide\" role=\"img\" viewBox=\"0 0 %d %d\" aria-label=\"Training curve: after %d "
                                + "steps the bound is %s nats, of which reconstruction %s, keys %s, latent %s\">\n")
                        .formatted(
                                WIDTH,
                                HEIGHT,
                                last.step(),
                                nats(last.bound()),
                                nats(last.reconstruction()),
                                nats(last.klKeys()),
                                nats(last.klLatent())));
        svg.append("<clipPath id=\"%s\"><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/></clipPath>\n"
                .formatted(plot, LEFT, TOP - 2, WIDTH - LEFT - RIGHT + 2, HEIGHT - TOP - BOTTOM + 4));
        axes(svg);
        for (Line line : LINES) {
            String path = path(points, line.value(), this::x, this::y);
            svg.append("<path class=\"%s\" clip-path=\"url(#%s)\" d=\"%s\"/>\n".formatted(line.style(), plot, path));
        }
        labels(svg, last);
        return svg.append("</svg>").toString();
    }

    /** A line through the points whose value is finite. */
    static String path(
            List<Point> points, ToDoubleFunction<Point> value, DoubleUnaryOperator x, DoubleUnaryOperator y) {
        StringBuilder path = new StringBuilder();
        for (Point point : points) {
            double at = value.applyAsDouble(point);
            if (Double.isFinite(at)) {
                path.append(path.isEmpty() ? "M" : "L")
                        .append(Html.number(x.applyAsDouble(point.step())))
                        .append(' ')
                        .append(Html.number(y.applyAsDouble(at)));
            }
        }
        return path.toString();
    }

    private void axes(StringBuilder svg) {
        for (double value = 0; value <= top; value += tick(top, 5)) {
            svg.append(("<path class=\"axis\" d=\"M%d %sH%d\"/><text x=\"%d\" y=\"%s\" font-size=\"12\" "
                            + "text-anchor=\"end\">%s</text>\n")
                    .formatted(
                            LEFT,
                            Html.number(y(value)),
                            WIDTH - RIGHT,
                            LEFT - 8,
                            Html.number(y(value) + 4),
                            Html.number(value)));
        }
        for (double step = 0; step <= lastStep; step += tick(lastStep, 6)) {
            svg.append("<text x=\"%s\" y=\"%d\" font-size=\"12\" text-anchor=\"middle\">%s</text>\n"
                    .formatted(Html.number(x(step)), HEIGHT - BOTTOM + 18, Html.format("%,.0f", step)));
        }
        svg.append("<text x=\"%d\" y=\"%d\" font-size=\"12\">steps</text>\n"
                .formatted(WIDTH - RIGHT + 28, HEIGHT - BOTTOM + 18));
        svg.append("<text x=\"%d\" y=\"%d\" font-size=\"12\" text-anchor=\"end\">nats</text>\n"
                .formatted(LEFT - 8, TOP - 14));
    }

    /** Labels each line at its right end with its name and last value, spread to avoid overlaps. */
    private void labels(StringBuilder svg, Point last) {
        List<Line> fromBelow = LINES.stream()
                .sorted((a, b) ->
                        Double.compare(a.value().applyAsDouble(last), b.value().applyAsDouble(last)))
                .toList();
        double free = HEIGHT - BOTTOM + 4;
        for (Line line : fromBelow) {
            double value = line.value().applyAsDouble(last);
            double y = Math.min(free, y(Double.isFinite(value) ? value : 0) + 4);
            free = y - 15;
            svg.append("<text class=\"%s\" x=\"%d\" y=\"%s\" font-size=\"12\">%s %s</text>\n"
                    .formatted(line.style(), WIDTH - RIGHT + 8, Html.number(y), Html.escape(line.name()), nats(value)));
        }
    }

    private double x(double step) {
        return LEFT + step / lastStep * (WIDTH - LEFT - RIGHT);
    }

    private double y(double nats) {
        return HEIGHT - BOTTOM - Math.min(nats, 3 * top) / top * (HEIGHT - TOP - BOTTOM);
    }

    /** Returns a round distance between about {@code count} ticks: 1, 2 or 5 times a power of ten. */
    private static double tick(double range, int count) {
        double power = Math.pow(10, Math.floor(Math.log10(range / count)));
        double part = range / count / power;
        return power * (part < 1.5 ? 1 : part < 3.5 ? 2 : part < 7.5 ? 5 : 10);
    }

    /** Averages neighbours down to a number that can be drawn. */
    static List<Point> thinned(List<Point> points) {
        int group = (points.size() + MAX_POINTS - 1) / MAX_POINTS;
        if (group <= 1) {
            return List.copyOf(points);
        }
        return IntStream.range(0, (points.size() + group - 1) / group)
                .mapToObj(i -> {
                    List<Point> part = points.subList(i * group, Math.min(points.size(), (i + 1) * group));
                    return new Point(
                            part.get(part.size() - 1).step(),
                            mean(part, Point::bound),
                            mean(part, Point::reconstruction),
                            mean(part, Point::klKeys),
                            mean(part, Point::klLatent));
                })
                .toList();
    }

    private static double mean(List<Point> points, ToDoubleFunction<Point> value) {
        return points.stream().mapToDouble(value).average().orElse(Double.NaN);
    }

    private static String nats(double value) {
        return Html.format("%.1f", value);
    }
}
