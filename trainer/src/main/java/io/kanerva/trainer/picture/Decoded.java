package io.kanerva.trainer.picture;

import com.twelvemonkeys.imageio.stream.ByteArrayImageInputStream;
import java.awt.image.Raster;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import javax.imageio.ImageReader;

/**
 * The first picture of a file, as it is stored.
 *
 * @param samples its pixels
 * @param embedded what the file says about their colours and their orientation
 */
record Decoded(ChannelSamples samples, Embedded embedded) {
    /** Decoders skip bytes between segments, which some cameras write. */
    private static final Predicate<String> SKIPPED = warning -> warning.contains("extraneous bytes");

    /** @throws IOException if the file is damaged, or of a kind that is not read */
    static Decoded of(PictureFormat format, byte[] file) throws IOException {
        return switch (format) {
            case PNG -> png(PngFile.of(file), file);
            case JPEG -> jpeg(JpegFile.of(file));
            case GIF -> new Decoded(gif(file), Embedded.NOTHING);
            case BMP -> new Decoded(read(format, file), Embedded.NOTHING);
            // Before the pixels: a damaged file is told by its chunks.
            case WEBP -> webp(WebpFile.embedded(file), file);
            case TIFF -> tiff(TiffFile.of(file), file);
        };
    }

    private static Decoded png(PngFile png, byte[] file) throws IOException {
        ChannelSamples samples = read(PictureFormat.PNG, file);
        return new Decoded(
                png.transparentGrey() < 0 ? samples : samples.transparentWhere(png.transparentGrey()), png.embedded());
    }

    private static Decoded webp(Embedded embedded, byte[] file) throws IOException {
        return new Decoded(read(PictureFormat.WEBP, file), embedded);
    }

    private static ChannelSamples gif(byte[] file) throws IOException {
        ChannelSamples samples = read(PictureFormat.GIF, file);
        int width = (file[6] & 0xff) + ((file[7] & 0xff) << 8);
        int height = (file[8] & 0xff) + ((file[9] & 0xff) << 8);
        if (samples.width() != width || samples.height() != height) {
            throw new Refusal(
                    "a first frame that fills the screen of %d x %d".formatted(height, width),
                    "one of %d x %d".formatted(samples.height(), samples.width()));
        }
        return samples;
    }

    private static Decoded jpeg(JpegFile file) throws IOException {
        ChannelSamples samples = switch (file.components()) {
            case 1, 3 -> decode(PictureFormat.JPEG, file.stripped(), reader -> ChannelSamples.of(reader.read(0)));
            case 4 -> inks(file);
            default -> throw new Refusal("1, 3 or 4 colour components", Integer.toString(file.components()));
        };
        return new Decoded(samples, file.embedded());
    }

    /** Inks are stored inverted: Adobe's programs do so, and Pillow, too, takes them all for theirs. */
    private static ChannelSamples inks(JpegFile file) throws IOException {
        Raster raster = decode(PictureFormat.JPEG, file.stripped(), reader -> reader.readRaster(0, null));
        int[] row = new int[4 * raster.getWidth()];
        byte[] values = new byte[Math.multiplyExact(row.length, raster.getHeight())];
        for (int y = 0; y < raster.getHeight(); y++) {
            raster.getPixels(0, y, raster.getWidth(), 1, row);
            for (int i = 0; i < row.length; i++) {
                if (file.isYcck() && i % 4 == 0) {
                    toInks(row, i);
                }
                values[y * row.length + i] = (byte) (255 - row[i]);
            }
        }
        return new ChannelSamples(4, raster.getHeight(), raster.getWidth(), values);
    }

    /** YCCK: YCbCr of the inks' complements (JFIF 1.02). */
    private static void toInks(int[] row, int at) {
        double luma = row[at];
        double blue = row[at + 1] - 128;
        double red = row[at + 2] - 128;
        row[at] = complement(luma + 1.402 * red);
        row[at + 1] = complement(luma - 0.344136286 * blue - 0.714136286 * red);
        row[at + 2] = complement(luma + 1.772 * blue);
    }

    private static int complement(double light) {
        return 255 - (int) Math.max(0, Math.min(255, Math.round(light)));
    }

    private static Decoded tiff(TiffFile tags, byte[] file) throws IOException {
        ChannelSamples samples = decode(
                PictureFormat.TIFF,
                file,
                reader -> ChannelSamples.of(reader.read(0)),
                // Strips may have their own tables; a strip without any is an error.
                warning -> SKIPPED.test(warning)
                        || warning.startsWith("Missing JPEGTables")
                        || tags.hasWholeStrips() && warning.startsWith("strip/tileByteCount < required"));
        if (samples.alpha().length > 0) {
            samples = switch (tags.extra()) {
                case NONE -> new ChannelSamples(samples.bands(), samples.height(), samples.width(), samples.values());
                case PREMULTIPLIED -> samples.divided();
                case ALPHA -> samples;
            };
        }
        return new Decoded(samples, tags.embedded());
    }

    private static ChannelSamples read(PictureFormat format, byte[] file) throws IOException {
        return decode(format, file, reader -> ChannelSamples.of(reader.read(0)));
    }

    private interface Step<T> {
        T with(ImageReader reader) throws IOException;
    }

    private static <T> T decode(PictureFormat format, byte[] file, Step<T> step) throws IOException {
        return decode(format, file, step, SKIPPED);
    }

    private static <T> T decode(PictureFormat format, byte[] file, Step<T> step, Predicate<String> harmless)
            throws IOException {
        ImageReader reader = Decoders.of(format);
        List<String> warnings = new ArrayList<>();
        try {
            reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
            reader.setInput(new ByteArrayImageInputStream(file), false, true);
            requireSize(reader.getWidth(0), reader.getHeight(0));
            T decoded = step.with(reader);
            for (String warning : warnings) {
                if (!harmless.test(warning)) {
                    throw new IOException(warning);
                }
            }
            return decoded;
        } finally {
            reader.dispose();
        }
    }

    private static void requireSize(int width, int height) throws Refusal {
        if ((long) width * height > PictureReader.MAX_PIXELS) {
            throw new Refusal(
                    "at most %,d pixels".formatted(PictureReader.MAX_PIXELS), "%,d x %,d".formatted(height, width));
        }
    }
}
