package io.kanerva.trainer.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads ImageNet at 32 x 32 as published in NumPy's format: batches of {@code data}, uint8 [images, 3072], a red, a
 * green and a blue plane, row-major, and {@code labels}, 1 to 1000.
 *
 * @see <a href="https://arxiv.org/abs/1707.08819">Chrabaszcz, Loshchilov and Hutter 2017, A downsampled variant of
 *     ImageNet</a>
 */
final class ImageNetReader {
    private static final int CHANNELS = 3;
    private static final int SIDE = 32;
    private static final int PIXELS = CHANNELS * SIDE * SIDE;

    private ImageNetReader() {}

    /**
     * Reads all batches. The whole training set takes 3.9 GB.
     *
     * @throws DataFormatException if a file is not such a batch, or Java's heap is too small for all of them
     */
    static Images read(String name, List<Path> files) {
        long bytes = 0;
        List<ImageSet> batches = new ArrayList<>();
        for (Path file : files) {
            batches.add(read(name, file, bytes));
            bytes += batches.get(batches.size() - 1).pixels().length;
        }
        return batches.size() == 1 ? batches.get(0) : new ImageParts(name, batches);
    }

    private static ImageSet read(String name, Path file, long before) {
        try (NpzFile npz = new NpzFile(file)) {
            byte[] pixels = npz.array("data", source -> {
                NpyReader.Header header = NpyReader.header(source);
                long[] shape = header.shape();
                if (!header.type().equals("|u1") || shape.length != 2 || shape[1] != PIXELS) {
                    throw source.bad(
                            "uint8 values ('|u1') of shape [images, %d]".formatted(PIXELS),
                            "'%s' of %s".formatted(header.type(), header.describe()));
                }
                // Leaves half a gigabyte for everything else.
                if (before + header.values() > Runtime.getRuntime().maxMemory() - (1L << 29)) {
                    throw source.bad(
                            "memory for its %,d MB besides the %,d MB before it"
                                    .formatted(header.values() >> 20, before >> 20),
                            "a Java heap of %,d MB: raise it, for example with -Xmx6g"
                                    .formatted(Runtime.getRuntime().maxMemory() >> 20));
                }
                return source.pixels(header.values(), header.describe());
            });
            long[] numbers = npz.optional("labels", NpzFile::integers).orElseGet(() -> new long[0]);
            int[] labels = new int[numbers.length];
            for (int i = 0; i < labels.length; i++) {
                if (numbers[i] < 1 || numbers[i] > 1000) {
                    throw new DataFormatException(
                            "%s, array 'labels': expected labels from 1 to 1000, found %d".formatted(file, numbers[i]));
                }
                labels[i] = (int) numbers[i] - 1;
            }
            int count = pixels.length / PIXELS;
            if (labels.length != 0 && labels.length != count) {
                throw new DataFormatException("%s, array 'labels': expected %d labels, one for each image, found %d"
                        .formatted(file, count, labels.length));
            }
            return new ImageSet(name, count, CHANNELS, SIDE, SIDE, pixels, labels);
        }
    }
}
