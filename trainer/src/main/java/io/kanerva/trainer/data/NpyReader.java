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
     */
    record Header(String type, boolean fortran, long[] shape) {

        /** The number of values; may exceed {@link Integer#MAX_VALUE}, and with it any Java array. */
        long values() {
            return product(shape);
        }

        String describe() {
            return NpyReader.describe(shape);
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

    private static Header anyHeader(ImageFiles.Source source) throws IOException {
        String header = headerText(source);
        return new Header(
                find(source, TYPE, header, "descr"),
                find(source, ORDER, header, "fortran_order").equals("True"),
                shape(source, find(source, SHAPE, header, "shape")));
    }

    /** Reads pixels of a type of {@link NpyPixels} in one of the shapes of {@link ImageFiles}. */
    static ImageSet read(ImageFiles.Source source) throws IOException {
        Header header = anyHeader(source);
        long[] shape = header.shape();
        if (shape.length == 2 && shape[1] == PACKED && header.type().endsWith("u1") && !header.fortran()) {
            byte[] packed = source.pixels(shape[0] * PACKED, describe(shape));
            return new ImageSet(source.name(), (int) shape[0], 1, SIDE, SIDE, unpack(source, packed));
        }
        long[] full = switch (shape.length) {
            case 2 -> shape[1] == SIDE * SIDE ? new long[] {shape[0], 1, SIDE, SIDE} : new long[0];
            case 3 -> new long[] {shape[0], 1, shape[1], shape[2]};
            case 4 -> shape;
            default -> new long[0];
        };
        boolean channelsLast = shape.length == 4 && (shape[3] == 1 || shape[3] == 3);
        boolean channelsFirst = shape.length == 4 && (shape[1] == 1 || shape[1] == 3);
        if (full.length == 0 || channelsFirst && channelsLast) {
            throw source.bad(
                    "a NumPy array of shape [images, 98] (packed bits), [images, 784], [images, rows, columns], "
                            + "[images, channels, rows, columns] or [images, rows, columns, channels]",
                    describe(shape) + (full.length == 0 ? "" : ", of which either may be the channels"));
        }
        byte[] pixels = NpyPixels.read(source, header);
        if (channelsLast) {
            full = new long[] {shape[0], shape[3], shape[1], shape[2]};
            pixels = NpyPixels.channelsFirst(pixels, (int) shape[0], (int) (shape[1] * shape[2]), (int) shape[3]);
        }
        return new ImageSet(source.name(), (int) full[0], (int) full[1], (int) full[2], (int) full[3], pixels);
    }

    private static String headerText(ImageFiles.Source source) throws IOException {
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
        return new String(source.bytes((int) size, "NumPy header"), StandardCharsets.UTF_8);
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
