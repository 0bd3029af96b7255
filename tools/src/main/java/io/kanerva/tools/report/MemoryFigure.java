package io.kanerva.tools.report;

import io.kanerva.tools.image.Mosaic;
import io.kanerva.tools.image.Palette;
import io.kanerva.tools.image.Pictures;
import java.util.List;

/**
 * A memory as SVG: the mean over its channels with every allocated block outlined and numbered, and each channel
 * separately.
 */
public final class MemoryFigure {
    private static final int CHANNEL_GAP = 2;

    /**
     * The position of a sample's block, in memory cells from the upper left corner.
     *
     * @param sample the sample's number, from 1
     * @param x left edge
     * @param y upper edge
     * @param width columns
     * @param height rows
     */
    public record Block(int sample, double x, double y, double width, double height) {}

    private final float[] memory;
    private final int channels;
    private final int height;
    private final int width;

    /**
     * @param memory [C, H, W], row-major
     * @param channels C
     * @param height H
     * @param width W
     */
    public MemoryFigure(float[] memory, int channels, int height, int width) {
        this.memory = memory;
        this.channels = channels;
        this.height = height;
        this.width = width;
    }

    /** Returns the mean over the channels with outlined blocks; {@code blocks} may be empty. */
    String blocks(List<Block> blocks) {
        float[] mean = new float[height * width];
        for (int i = 0; i < memory.length; i++) {
            mean[i % mean.length] += memory[i] / channels;
        }
        Mosaic mosaic = Mosaic.of(new Pictures(scaled(mean), 1, 1, height, width), 1, 0, 0, palette(mean));
        StringBuilder svg = new StringBuilder(
                ("<svg role=\"img\" aria-label=\"The memory, %d by %d cells, mean of %d channels, with %d "
                                + "allocated blocks outlined\" viewBox=\"%s %s %s %s\">\n")
                        .formatted(
                                height,
                                width,
                                channels,
                                blocks.size(),
                                "-0.2",
                                "-0.2",
                                Html.number(width + 0.4),
                                Html.number(height + 0.4)));
        svg.append("<image width=\"%d\" height=\"%d\" href=\"%s\"/>\n".formatted(width, height, mosaic.dataUri()));
        double unit = Math.max(width, height) / 56.0;
        for (Block block : blocks) {
            svg.append(("<g><title>sample %d</title><rect class=\"slot\" stroke-width=\"%s\" x=\"%s\" y=\"%s\" "
                            + "width=\"%s\" height=\"%s\"/><text class=\"slot-number\" font-size=\"%s\" x=\"%s\" "
                            + "y=\"%s\">%d</text></g>\n")
                    .formatted(
                            block.sample(),
                            Html.number(0.12 * unit),
                            Html.number(block.x()),
                            Html.number(block.y()),
                            Html.number(block.width()),
                            Html.number(block.height()),
                            Html.number(1.5 * unit),
                            Html.number(block.x() + 0.35 * unit),
                            Html.number(block.y() + 1.55 * unit),
                            block.sample()));
        }
        return svg.append("</svg>").toString();
    }

    /** Returns each channel separately, all on one colour scale. */
    String channels(int columns) {
        Mosaic mosaic = Mosaic.of(
                new Pictures(scaled(memory), channels, 1, height, width),
                columns,
                CHANNEL_GAP,
                CHANNEL_GAP,
                palette(memory));
        int imageWidth = mosaic.image().getWidth();
        int imageHeight = mosaic.image().getHeight();
        return ("<svg class=\"wide\" role=\"img\" aria-label=\"The %d channels of the memory side by side\" "
                        + "viewBox=\"0 0 %d %d\"><image width=\"%d\" height=\"%d\" href=\"%s\"/></svg>")
                .formatted(channels, imageWidth, imageHeight, imageWidth, imageHeight, mosaic.dataUri());
    }

    /** Whether some values are negative, so that zero belongs in the middle of the scale. */
    private static boolean signed(float[] values) {
        float min = 0;
        for (float value : values) {
            min = Math.min(min, value);
        }
        return min < 0;
    }

    private static Palette palette(float[] values) {
        return signed(values) ? Palette.SIGNED : Palette.HEAT;
    }

    /**
     * Scales the values to [0, 1]; the scale ends at 2.5 times their root mean square, so that outliers do not darken
     * the rest.
     */
    private static float[] scaled(float[] values) {
        double squares = 0;
        for (float value : values) {
            squares += (double) value * value;
        }
        double end = Math.max(1e-12, 2.5 * Math.sqrt(squares / values.length));
        boolean signed = signed(values);
        float[] scaled = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            double part = values[i] / end;
            scaled[i] = (float) Math.max(0, Math.min(1, signed ? 0.5 + part / 2 : part));
        }
        return scaled;
    }
}
