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
 * Many small pictures in one, in rows of equal length with a transparent gap between them. One pixel of a picture is
 * one pixel of the mosaic.
 *
 * @param image the mosaic
 * @param columns pictures in a row
 * @param cellWidth pixels from one picture's left edge to the next's
 * @param cellHeight pixels from one picture's top edge to the next's
 */
public record Mosaic(BufferedImage image, int columns, int cellWidth, int cellHeight) {

    /**
     * Lays pictures out. Pictures of three channels are taken as red, green and blue; of others the mean over the
     * channels is shown.
     *
     * @param columns pictures in a row
     * @param gapX transparent pixels between neighbours
     * @param gapY transparent pixels between rows
     * @param palette how values in [0, 1] are coloured; not used for three channels
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
        return new Mosaic(image, columns, cellWidth, cellHeight);
    }

    /**
     * Rows of pictures that belong together, such as queries above what was recalled, in bands of that many rows.
     *
     * @param rows as many pictures of one size in each
     * @param columns pictures in a row
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
        return new Mosaic(image, shown, first.width() + 2, bandHeight);
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

    /** Left edge of a picture. */
    public int x(int index) {
        return index % columns * cellWidth;
    }

    /** Top edge of a picture. */
    public int y(int index) {
        return index / columns * cellHeight;
    }

    /** The mosaic as a PNG file, each pixel drawn as a square of {@code scale} pixels. */
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
        // In memory: a cache file would want to be deleted when the process ends, which is too late to ask for when it
        // is ending.
        try (ImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
            if (!ImageIO.write(shown, "png", out)) {
                throw new IllegalStateException("this JDK cannot write PNG files");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** The mosaic as a {@code data:} address, for use inside a page. */
    public String dataUri() {
        return "data:image/png;base64," + Base64.getEncoder().encodeToString(png(1));
    }
}
