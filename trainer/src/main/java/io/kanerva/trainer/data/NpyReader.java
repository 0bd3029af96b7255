package io.kanerva.trainer.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads NumPy's {@code .npy} format, versions 1 to 3: magic, version, header length, header (a Python dictionary of
 * type, order and shape), values.
 *
 * @see <a href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">numpy.lib.format</a>
 */
final class NpyReader {
    private static final Pattern TYPE = Pattern.compile("'descr'\\s*:\\s*'([^']*)'");
    private static final Pattern ORDER = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
    private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([0-9L, ]*)\\)");
    private static final int SIDE = 28;
    private static final int PACKED = SIDE * SIDE / 8;

    private NpyReader() {}

    /**
     * The header of an array.
     *
     * @param type NumPy's name of the element type, for example {@code |u1}
     * @param fortran whether the first index varies fastest
     * @param shape dimensions, each at least 1
     * @param bytes where the values begin in the file
     */
    record Header(String type, boolean fortran, long[] shape, int bytes) {

        /** The number of values; may exceed {@link Integer#MAX_VALUE}, and with it any Java array. */
        long values() {
            return product(shape);
        }

        String describe() {
            return NpyReader.describe(shape);
        }

        /** Whether these are bits, eight in a byte, of images of 28 x 28. */
        boolean isPacked() {
            return shape.length == 2 && shape[1] == PACKED && type.endsWith("u1") && !fortran;
        }
    }

    /** Reads the header of an array in C order. */
    static Header header(ImageFiles.Source source) throws IOException {
        Header header = anyHeader(source);
        if (header.fortran()) {
            throw source.bad("a NumPy array in C order", "one in Fortran order");
        }
        return header;
    }

    /** Reads the header of an array in any order. */
    static Header anyHeader(ImageFiles.Source source) throws IOException {
        byte[] start = source.bytes(8, "NumPy header");
        int version = start[6] & 0xff;
        if (version < 1 || version > 3) {
            throw source.bad("NumPy format version 1 to 3", Integer.toString(version));
        }
        byte[] length = source.bytes(version == 1 ? 2 : 4, "NumPy header");
        long size = 0;
        for (int i = length.length - 1; i >= 0; i--) {
            size = size << 8 | length[i] & 0xff;
        }
        if (size > 1 << 16) {
            throw source.bad("a NumPy header of at most 65536 bytes", size + " bytes");
        }
        String header = new String(source.bytes((int) size, "NumPy header"), StandardCharsets.UTF_8);
        return new Header(
                find(source, TYPE, header, "descr"),
                find(source, ORDER, header, "fortran_order").equals("True"),
                shape(source, find(source, SHAPE, header, "shape")),
                start.length + length.length + (int) size);
    }

    /** Reads pixels of a type of {@link NpyPixels} in one of the shapes of {@link ImageFiles}. */
    static ImageSet read(ImageFiles.Source source) throws IOException {
        Header header = anyHeader(source);
        long[] shape = header.shape();
        if (header.isPacked()) {
            byte[] packed = source.pixels(shape[0] * PACKED, describe(shape));
            return new ImageSet(source.name(), (int) shape[0], 1, SIDE, SIDE, unpack(source, packed));
        }
        Layout layout = layout(source, header);
        byte[] pixels = NpyPixels.read(source, header);
        if (layout.channelsLast()) {
            pixels = NpyPixels.channelsFirst(
                    pixels, layout.count(), layout.height() * layout.width(), layout.channels());
        }
        return new ImageSet(source.name(), layout.count(), layout.channels(), layout.height(), layout.width(), pixels);
    }

    /**
     * What the dimensions of an array of images are.
     *
     * @param channelsLast whether the channels are the last dimension, not the second
     */
    record Layout(int count, int channels, int height, int width, boolean channelsLast) {
        /** @throws ArithmeticException if no Java array can hold them */
        int pixelsPerImage() {
            return Math.multiplyExact(channels, Math.multiplyExact(height, width));
        }
    }

    /** @throws DataFormatException if the array has none of the shapes of {@link ImageFiles} */
    static Layout layout(ImageFiles.Source source, Header header) {
        long[] shape = header.shape();
        int[] s = Arrays.stream(shape).mapToInt(Math::toIntExact).toArray();
        boolean last = s.length == 4 && (s[3] == 1 || s[3] == 3);
        boolean first = s.length == 4 && (s[1] == 1 || s[1] == 3);
        boolean either = first && last || s.length == 3 && s[2] == 3;
        Layout layout = switch (s.length) {
            case 2 -> s[1] == SIDE * SIDE ? new Layout(s[0], 1, SIDE, SIDE, false) : null;
            case 3 -> new Layout(s[0], 1, s[1], s[2], false);
            case 4 -> last ? new Layout(s[0], s[3], s[1], s[2], true) : new Layout(s[0], s[1], s[2], s[3], false);
            default -> null;
        };
        if (layout == null || either) {
            throw source.bad(
                    "a NumPy array of shape [images, 98] (packed bits), [images, 784], [images, rows, columns], "
                            + "[images, channels, rows, columns] or [images, rows, columns, channels]",
                    describe(shape)
                            + (!either
                                    ? ""
                                    : s.length == 4
                                            ? ", of which either may be the channels"
                                            : ", of which the last may be columns or channels"));
        }
        return layout;
    }

    private static String find(ImageFiles.Source source, Pattern pattern, String header, String key) {
        Matcher matcher = pattern.matcher(header);
        if (!matcher.find()) {
            throw source.bad("a plain '%s' in the NumPy header".formatted(key), header.strip());
        }
        return matcher.group(1);
    }

    private static long[] shape(ImageFiles.Source source, String text) {
        try {
            long[] shape = Arrays.stream(text.replace("L", "").split(","))
                    .map(String::strip)
                    .filter(part -> !part.isEmpty())
                    .mapToLong(Long::parseLong)
                    .toArray();
            for (long size : shape) {
                if (size < 1 || size > Integer.MAX_VALUE) {
                    throw source.bad("NumPy dimensions of at least 1", describe(shape));
                }
            }
            return shape;
        } catch (NumberFormatException e) {
            throw source.bad("a NumPy shape", "(" + text + ")");
        }
    }

    private static long product(long[] shape) {
        long product = 1;
        for (long size : shape) {
            // Saturates: the reader of the pixels rejects anything that no array can hold.
            product = product > Integer.MAX_VALUE ? product : product * size;
        }
        return product;
    }

    /** numpy.packbits: the most significant bit is the first pixel. */
    private static byte[] unpack(ImageFiles.Source source, byte[] packed) {
        if (packed.length > Integer.MAX_VALUE / 8 - 16) {
            throw source.bad("less than 2 GiB of pixels", packed.length * 8L + " bytes");
        }
        byte[] pixels = new byte[packed.length * 8];
        for (int i = 0; i < packed.length; i++) {
            for (int bit = 0; bit < 8; bit++) {
                pixels[i * 8 + bit] = (byte) ((packed[i] >> 7 - bit & 1) * 255);
            }
        }
        return pixels;
    }

    private static String describe(long[] shape) {
        return "shape " + Arrays.toString(shape);
    }
}
