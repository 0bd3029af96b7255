package io.kanerva.tools.report;

import io.kanerva.tools.experiment.MemoryExperiment.Row;
import java.util.Comparator;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;

/**
 * The bounds of models against the bits of memory per image, both on logarithmic axes, with the image's own bits as a
 * line, and what a model without a memory leaves of its nats if each bit of a memory saves ln 2 of them as another.
 */
public final class MemoryBitsFigure {
    private static final int LEFT = 70;
    private static final int RIGHT = 620;
    private static final int TOP = 40;
    private static final int BOTTOM = 360;
    /** Points that are nearer to the last one with a label have none. */
    private static final int LABEL = 54;

    private static final List<String> COLOURS = List.of("#06c", "#c50", "#808", "#077");

    private MemoryBitsFigure() {}

    /**
     * Returns an SVG file of its own.
     *
     * @param models each with its rows, at least one, by ascending bits
     * @param imageBits bits of an image as it is
     * @param without nats per image of a model without a memory; 0 for none
     */
    public static String svg(Map<String, List<Row>> models, double imageBits, double without) {
        List<Row> all = models.values().stream().flatMap(List::stream).toList();
        double[] x = range(all.stream().mapToDouble(Row::bitsPerImage));
        if (without > 0) {
            x[0] = Math.min(x[0], without / Math.log(2) / 4);
        }
        x[0] = Math.min(x[0], imageBits) / 1.2;
        x[1] = Math.max(x[1], imageBits) * 1.2;
        double[] y = range(all.stream().mapToDouble(row -> row.report().nats()));
        if (without > 0) {
            y[0] = Math.min(y[0], without);
            y[1] = Math.max(y[1], without);
        }
        y[0] /= 1.3;
        y[1] *= 1.3;
        StringBuilder svg = new StringBuilder("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 660 410\" "
                + "font-family=\"sans-serif\" font-size=\"12\" fill=\"#333\">\n"
                + "<rect width=\"660\" height=\"410\" fill=\"#fff\"/>\n");
        text(svg, LEFT, 20, "start", "nats per image against bits of memory per image", "#333");
        svg.append(Html.format("<path d=\"M%d %dV%dH%d\" fill=\"none\" stroke=\"#999\"/>\n", LEFT, TOP, BOTTOM, RIGHT));
        double own = at(imageBits, x, LEFT, RIGHT);
        svg.append(
                Html.format("<path d=\"M%.1f %dV%d\" stroke=\"#b00\" stroke-dasharray=\"4 3\"/>\n", own, TOP, BOTTOM));
        text(svg, own + 4, TOP + 10, "start", Html.format("the image: %,.0f bits", imageBits), "#333");
        if (without > 0) {
            without(svg, without, x, y);
        }
        int model = 0;
        for (Map.Entry<String, List<Row>> entry : models.entrySet()) {
            curve(svg, entry.getKey(), entry.getValue(), COLOURS.get(model++ % COLOURS.size()), x, y);
        }
        double labelled = Double.NEGATIVE_INFINITY;
        for (Row row : (Iterable<Row>) all.stream().sorted(Comparator.comparing(Row::bitsPerImage))::iterator) {
            double px = at(row.bitsPerImage(), x, LEFT, RIGHT);
            if (px - labelled >= LABEL) {
                labelled = px;
                text(svg, px, BOTTOM + 16, "middle", Html.format("%,.0f", row.bitsPerImage()), "#333");
                text(svg, px, BOTTOM + 32, "middle", row.bits() + " a float", "#333");
            }
        }
        return svg.append("</svg>\n").toString();
    }

    private static double[] range(DoubleStream values) {
        DoubleSummaryStatistics all = values.summaryStatistics();
        return new double[] {all.getMin(), all.getMax()};
    }

    /** A model's bounds, and its name at the last of them. */
    private static void curve(StringBuilder svg, String name, List<Row> rows, String colour, double[] x, double[] y) {
        svg.append(Html.format(
                "<polyline fill=\"none\" stroke=\"%s\" points=\"%s\"/>\n",
                colour,
                rows.stream()
                        .map(row -> Html.format(
                                "%.1f,%.1f",
                                at(row.bitsPerImage(), x, LEFT, RIGHT),
                                at(row.report().nats(), y, BOTTOM, TOP)))
                        .collect(Collectors.joining(" "))));
        double labelled = Double.NEGATIVE_INFINITY;
        double px = 0;
        double py = 0;
        for (Row row : rows) {
            px = at(row.bitsPerImage(), x, LEFT, RIGHT);
            py = at(row.report().nats(), y, BOTTOM, TOP);
            svg.append(Html.format("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n", px, py, colour));
            if (px - labelled >= LABEL) {
                labelled = px;
                text(svg, px, py - 8, "middle", Html.format("%.2f", row.report().nats()), "#333");
            }
        }
        text(svg, px, py + 16, px > (LEFT + RIGHT) / 2.0 ? "end" : "middle", name, colour);
    }

    /** The line bits x ln 2 + nats = what the model without a memory pays. */
    private static void without(StringBuilder svg, double nats, double[] x, double[] y) {
        StringBuilder points = new StringBuilder();
        double last = (nats - y[0]) / Math.log(2);
        for (int i = 0; i <= 60; i++) {
            double bits = x[0] * Math.pow(last / x[0], i / 60.0);
            points.append(Html.format(
                    "%.1f,%.1f ",
                    at(bits, x, LEFT, RIGHT), at(Math.max(y[0], nats - bits * Math.log(2)), y, BOTTOM, TOP)));
        }
        svg.append(Html.format(
                "<polyline fill=\"none\" stroke=\"#080\" stroke-dasharray=\"2 3\" points=\"%s\"/>\n",
                points.toString().strip()));
        text(svg, LEFT + 6, BOTTOM - 24, "start", Html.format("without a memory: %.0f nats,", nats), "#080");
        text(svg, LEFT + 6, BOTTOM - 8, "start", "less ln 2 a bit", "#080");
    }

    private static void text(StringBuilder svg, double x, double y, String anchor, String text, String colour) {
        svg.append(Html.format(
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">%s</text>\n",
                x, y, anchor, colour, Html.escape(text)));
    }

    /** Where a value is on a logarithmic axis. */
    private static double at(double value, double[] range, double from, double to) {
        return from + (to - from) * Math.log(value / range[0]) / Math.log(range[1] / range[0]);
    }
}
