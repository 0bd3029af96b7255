package io.kanerva.trainer.data;

import java.io.IOException;
import java.util.Arrays;

/**
 * Reads {@code .amat} text, the format of the fixed binarisation of MNIST (Larochelle and Murray 2011): one image per
 * line, 784 zeros and ones separated by white space.
 */
final class AmatReader {
    private static final int SIDE = 28;
    private static final int PIXELS = SIDE * SIDE;

    private AmatReader() {}

    /** Reads binary images of 28 x 28. Blank lines are skipped. */
    static ImageSet read(ImageFiles.Source source) throws IOException {
        // A pixel takes at least two characters, so a plain file never outgrows this; a gzipped one may.
        long rows = Math.max(1, Math.min(source.limit() / (2 * PIXELS) + 1, 100_000));
        byte[] pixels = new byte[(int) rows * PIXELS];
        byte[] buffer = new byte[1 << 16];
        int filled = 0;
        int inLine = 0;
        long line = 1;
        boolean inNumber = false;
        for (int length = source.in().read(buffer);
                length >= 0;
                length = source.in().read(buffer)) {
            for (int i = 0; i < length; i++) {
                byte character = buffer[i];
                if (character == '0' || character == '1') {
                    if (inNumber || inLine == PIXELS) {
                        throw inNumber
                                ? notBinary(source, line, inLine, "a longer number")
                                : wrongCount(source, line, "more");
                    }
                    if (filled == pixels.length) {
                        pixels = grow(source, pixels);
                    }
                    pixels[filled++] = (byte) (character == '1' ? 255 : 0);
                    inLine++;
                    inNumber = true;
                } else if (character == '\n') {
                    requireWholeLine(source, line, inLine);
                    line++;
                    inLine = 0;
                    inNumber = false;
                } else if (character == ' ' || character == '\t' || character == '\r') {
                    inNumber = false;
                } else {
                    throw notBinary(source, line, inNumber ? inLine : inLine + 1, "'" + printable(character) + "'");
                }
            }
        }
        requireWholeLine(source, line, inLine);
        if (filled == 0) {
            throw source.bad("lines of %d numbers 0 or 1".formatted(PIXELS), "none");
        }
        return new ImageSet(
                source.name(),
                filled / PIXELS,
                1,
                SIDE,
                SIDE,
                filled == pixels.length ? pixels : Arrays.copyOf(pixels, filled));
    }

    private static byte[] grow(ImageFiles.Source source, byte[] pixels) {
        long wanted = pixels.length * 3L / 2 / PIXELS * PIXELS + PIXELS;
        if (wanted > Integer.MAX_VALUE - 16) {
            throw source.bad("less than 2 GiB of pixels", "more");
        }
        return Arrays.copyOf(pixels, (int) wanted);
    }

    private static void requireWholeLine(ImageFiles.Source source, long line, int numbers) {
        if (numbers != 0 && numbers != PIXELS) {
            throw wrongCount(source, line, Integer.toString(numbers));
        }
    }

    private static DataFormatException wrongCount(ImageFiles.Source source, long line, String found) {
        return source.bad("%d numbers in line %d".formatted(PIXELS, line), found);
    }

    private static DataFormatException notBinary(ImageFiles.Source source, long line, int number, String found) {
        return source.bad("0 or 1 as number %d of line %d".formatted(number, line), found);
    }

    private static String printable(byte character) {
        return character > ' ' && character < 127 ? Character.toString(character) : "byte %02x".formatted(character);
    }
}
