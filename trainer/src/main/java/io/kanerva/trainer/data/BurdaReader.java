package io.kanerva.trainer.data;

import java.io.EOFException;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.file.Path;
import java.util.Arrays;
import us.hebi.matlab.mat.format.Mat5;
import us.hebi.matlab.mat.types.Array;
import us.hebi.matlab.mat.types.MatFile;
import us.hebi.matlab.mat.types.Matrix;

/**
 * Reads the 28 x 28 Omniglot of Burda et al. (2016), {@code chardata.mat}: a MATLAB 5 file with {@code data} and
 * {@code testdata}, intensities in [0, 1] of shape [784, images], each image column-major; {@code target} and
 * {@code targetchar} give an image's alphabet (one-hot, [50, images]) and its character within it ([1, images]).
 */
final class BurdaReader {
    private static final int SIDE = 28;
    private static final int PIXELS = SIDE * SIDE;

    private BurdaReader() {}

    /**
     * Reads the images.
     *
     * @param prefix of the arrays' names: {@code ""} for the 24,345 training images, {@code "test"} for the 8,070 test
     *     images
     * @throws DataFormatException if the file is malformed or unreadable
     */
    static ImageSet read(String name, Path file, String prefix) {
        try (MatFile mat = Mat5.readFromFile(file.toFile())) {
            Matrix data = matrix(mat, file, prefix + "data");
            if (data.getNumRows() != PIXELS || data.getNumCols() < 1) {
                throw new DataFormatException("%s, array '%sdata': expected shape [784, images], found [%d, %d]"
                        .formatted(file, prefix, data.getNumRows(), data.getNumCols()));
            }
            int count = data.getNumCols();
            byte[] pixels = new byte[Math.multiplyExact(count, PIXELS)];
            for (int i = 0; i < count; i++) {
                for (int k = 0; k < PIXELS; k++) {
                    double intensity = data.getDouble(k, i);
                    if (!(intensity >= 0 && intensity <= 1)) {
                        throw new DataFormatException("%s, array '%sdata': expected intensities from 0 to 1, found %s"
                                .formatted(file, prefix, intensity));
                    }
                    pixels[i * PIXELS + k % SIDE * SIDE + k / SIDE] = (byte) Math.round(255 * intensity);
                }
            }
            return new ImageSet(name, count, 1, SIDE, SIDE, pixels, labels(mat, prefix, count));
        } catch (IOException | IllegalArgumentException | IllegalStateException | BufferUnderflowException e) {
            throw new DataFormatException(
                    "%s: expected a MATLAB 5 file, found an unreadable file (%s)"
                            .formatted(file, endsEarly(e) ? "it ends early" : e.getMessage()),
                    e);
        }
    }

    private static boolean endsEarly(Throwable failure) {
        return failure instanceof EOFException
                || failure instanceof BufferUnderflowException
                || failure.getCause() != null && endsEarly(failure.getCause());
    }

    private static Matrix matrix(MatFile mat, Path file, String name) {
        for (MatFile.Entry entry : mat.getEntries()) {
            if (entry.getName().equals(name) && entry.getValue() instanceof Matrix matrix) {
                return matrix;
            }
        }
        throw new DataFormatException("%s: expected a matrix '%s', found none".formatted(file, name));
    }

    /** Numbers the characters by alphabet, then by index in it; empty if the file has no labels. */
    private static int[] labels(MatFile mat, String prefix, int count) {
        if (!(find(mat, prefix + "target") instanceof Matrix alphabets)
                || !(find(mat, prefix + "targetchar") instanceof Matrix characters)
                || alphabets.getNumCols() != count
                || characters.getNumElements() != count) {
            return new int[0];
        }
        long[] keys = new long[count];
        for (int i = 0; i < count; i++) {
            int alphabet = 0;
            for (int row = 1; row < alphabets.getNumRows(); row++) {
                alphabet = alphabets.getDouble(row, i) > alphabets.getDouble(alphabet, i) ? row : alphabet;
            }
            keys[i] = ((long) alphabet << 32) + Math.round(characters.getDouble(i));
        }
        long[] distinct = Arrays.stream(keys).sorted().distinct().toArray();
        return Arrays.stream(keys)
                .mapToInt(key -> Arrays.binarySearch(distinct, key))
                .toArray();
    }

    private static Array find(MatFile mat, String name) {
        for (MatFile.Entry entry : mat.getEntries()) {
            if (entry.getName().equals(name)) {
                return entry.getValue();
            }
        }
        return null;
    }
}
