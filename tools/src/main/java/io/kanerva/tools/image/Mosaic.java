package io.kanerva.tools.image;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * Small images tiled into one, in rows of equal length with transparent gaps, at their original resolution.
 *
 * @param image the mosaic
 */
public record Mosaic(BufferedImage image) {

    /**
     * Tiles images. Three channels are red, green and blue; otherwise the mean over the channels is shown.
     *
     * @param columns images per row
     * @param gapX transparent pixels between neighbours
     * @param gapY transparent pixels between rows
     * @param palette colours of values in [0, 1]; unused for three channels
     */
    public static Mosaic of(Pictures pictures, int columns, int gapX, int gapY, Palette palette) {
        int rows = (pictures.count() + columns - 1) / columns;
        int cellWidth = pictures.width() + gapX;
        int cellHeight = pictures.height() + gapY;
        BufferedImage image =
                new BufferedImage(columns * cellWidth - gapX, rows * cellHeight - gapY, BufferedImage.TYPE_INT_ARGB);
        for (int i = 0; i < pictures.count(); i++) {
            for (int row = 0; row < pictures.height(); row++) {
                for (int column = 0; column < pictures.width(); column++) {
                    image.setRGB(
                            i % columns * cellWidth + column,
                            i / columns * cellHeight + row,
                            colour(pictures, i, row, column, palette));
                }
            }
        }
        return new Mosaic(image);
    }

    /**
     * Tiles rows that belong together, such as queries above recalled images, as bands.
     *
     * @param rows equally many images of one size each
     * @param columns images per row
     */
    public static Mosaic bands(List<Pictures> rows, int columns) {
        Pictures first = rows.get(0);
        int cellHeight = first.height() + 2;
        int bandHeight = rows.size() * cellHeight + (rows.size() > 1 ? 6 : 0);
        int shown = Math.min(columns, first.count());
        int bands = (first.count() + shown - 1) / shown;
        BufferedImage image = new BufferedImage(
                shown * (first.width() + 2) - 2,
                bands * bandHeight - (rows.size() > 1 ? 8 : 2),
                BufferedImage.TYPE_INT_ARGB);
        for (int row = 0; row < rows.size(); row++) {
            Mosaic part = of(rows.get(row), shown, 2, bandHeight - first.height(), Palette.INK);
            image.createGraphics().drawImage(part.image, 0, row * cellHeight, null);
        }
        return new Mosaic(image);
    }

    private static int colour(Pictures pictures, int index, int row, int column, Palette palette) {
        int plane = pictures.height() * pictures.width();
        int start = index * pictures.size() + row * pictures.width() + column;
        if (pictures.channels() == 3) {
            int colour = 0xff;
            for (int channel = 0; channel < 3; channel++) {
                float value = Math.max(0, Math.min(1, pictures.values()[start + channel * plane]));
                colour = colour << 8 | Math.round(value * 255);
            }
            return colour;
        }
        float sum = 0;
        for (int channel = 0; channel < pictures.channels(); channel++) {
            sum += pictures.values()[start + channel * plane];
        }
        return palette.argb(sum / pictures.channels());
    }

    /** Encodes the mosaic as PNG, each pixel as a square of {@code scale} pixels. */
    public byte[] png(int scale) {
        BufferedImage shown = image;
        if (scale > 1) {
            shown = new BufferedImage(image.getWidth() * scale, image.getHeight() * scale, BufferedImage.TYPE_INT_ARGB);
            for (int y = 0; y < shown.getHeight(); y++) {
                for (int x = 0; x < shown.getWidth(); x++) {
                    shown.setRGB(x, y, image.getRGB(x / scale, y / scale));
                }
            }
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        // In memory: ImageIO's cache file registers a shutdown hook, which fails once the process is shutting down.
        try (ImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
            if (!ImageIO.write(shown, "png", out)) {
                throw new IllegalStateException("this JDK cannot write PNG files");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** Returns the mosaic as a {@code data:} URI. */
    public String dataUri() {
        return "data:image/png;base64," + Base64.getEncoder().encodeToString(png(1));
    }
}
