package io.kanerva.tools.report;

import io.kanerva.tools.image.Mosaic;
import io.kanerva.tools.image.Palette;
import io.kanerva.tools.image.Pictures;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;

/**
 * A grid of images as SVG, with labels that stay sharp at any size. Rows that belong together, such as originals,
 * queries and recalled images, are shown as bands.
 */
final class GridFigure {
    private static final int GAP = 2;
    private static final int BAND_GAP = 7;
    private static final int NUMBER_HEIGHT = 9;
    private static final int LABELS = 40;
    /** The width of a letter at the labels' font size, 7. */
    private static final double LETTER_WIDTH = 4.15;

    private final String alternative;
    private final int columns;
    private final List<String> names = new ArrayList<>();
    private final List<Pictures> rows = new ArrayList<>();
    private IntFunction<String> number;
    private IntPredicate wrong = index -> false;
    private String wrongText = "";

    /**
     * @param alternative the alternative text
     * @param columns images per row
     */
    GridFigure(String alternative, int columns) {
        this.alternative = alternative;
        this.columns = columns;
    }

    /**
     * Adds a row to each band.
     *
     * @param name the row's label; empty for a single row
     * @param pictures the same number as in the other rows, and of the same size
     */
    GridFigure row(String name, Pictures pictures) {
        names.add(name);
        rows.add(pictures);
        return this;
    }

    /** Writes a number above each image of the band. */
    GridFigure numbered(IntFunction<String> numbers) {
        number = numbers;
        return this;
    }

    /** Outlines the matching images of the last row; {@code text} is their tooltip. */
    GridFigure outline(IntPredicate which, String text) {
        wrong = which;
        wrongText = text;
        return this;
    }

    /** Returns the markup. */
    String svg() {
        Pictures first = rows.get(0);
        int longest = names.stream().mapToInt(String::length).max().orElse(0);
        int labels = longest == 0 ? 0 : Math.max(LABELS, (int) (LETTER_WIDTH * longest) + GAP);
        int head = number == null ? 0 : NUMBER_HEIGHT;
        int cellWidth = first.width() + GAP;
        int cellHeight = first.height() + GAP;
        int bandHeight = head + rows.size() * cellHeight + (rows.size() > 1 ? BAND_GAP : 0);
        int bands = (first.count() + columns - 1) / columns;
        int width = labels + columns * cellWidth - GAP;
        int height = bands * bandHeight - (rows.size() > 1 ? BAND_GAP : 0) - GAP;
        StringBuilder svg =
                new StringBuilder("<svg class=\"wide\" role=\"img\" aria-label=\"%s\" viewBox=\"0 0 %d %d\">\n"
                        .formatted(Html.escape(alternative), width, height));
        for (int row = 0; row < rows.size(); row++) {
            // One PNG per row of a band; its rows are as far apart as the bands.
            Mosaic mosaic = Mosaic.of(rows.get(row), columns, GAP, bandHeight - first.height(), Palette.INK);
            svg.append("<image x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" href=\"%s\"/>\n"
                    .formatted(
                            labels,
                            head + row * cellHeight,
                            mosaic.image().getWidth(),
                            mosaic.image().getHeight(),
                            mosaic.dataUri()));
        }
        for (int band = 0; band < bands; band++) {
            for (int row = 0; row < rows.size(); row++) {
                svg.append("<text x=\"0\" y=\"%s\" font-size=\"7\">%s</text>\n"
                        .formatted(
                                Html.number(band * bandHeight + head + row * cellHeight + first.height() / 2.0 + 2.5),
                                Html.escape(names.get(row))));
            }
        }
        for (int i = 0; i < first.count(); i++) {
            int x = labels + i % columns * cellWidth;
            int y = i / columns * bandHeight;
            if (number != null) {
                svg.append("<text x=\"%s\" y=\"%d\" font-size=\"6.5\" text-anchor=\"middle\">%s</text>\n"
                        .formatted(Html.number(x + first.width() / 2.0), y + head - 2, Html.escape(number.apply(i))));
            }
            if (wrong.test(i)) {
                svg.append(("<rect class=\"wrong\" x=\"%s\" y=\"%s\" width=\"%d\" height=\"%d\" "
                                + "stroke-width=\"1.5\"><title>%s</title></rect>\n")
                        .formatted(
                                Html.number(x - 0.5),
                                Html.number(y + head + (rows.size() - 1) * cellHeight - 0.5),
                                first.width() + 1,
                                first.height() + 1,
                                Html.escape(wrongText)));
            }
        }
        return svg.append("</svg>").toString();
    }
}
