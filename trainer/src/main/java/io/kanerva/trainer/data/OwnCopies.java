package io.kanerva.trainer.data;

import io.kanerva.trainer.picture.PictureException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Tells which images are equal byte for byte, as copies of a file and links to it are, so that a draw leaves them all
 * on one side: a model must not be scored on what it was trained on.
 */
final class OwnCopies {

    private OwnCopies() {}

    /**
     * Compares files. Only files of equal sizes are read.
     *
     * @return [count], for each file the index of the first one that equals it, which may be itself
     */
    static int[] ofFiles(List<Path> files) {
        long[] sizes = files.stream().parallel().mapToLong(OwnCopies::size).toArray();
        Map<Long, Integer> alike = new HashMap<>();
        for (long size : sizes) {
            alike.merge(size, 1, Integer::sum);
        }
        return firsts(
                IntStream.range(0, files.size()).parallel(),
                index -> alike.get(sizes[index]) == 1 ? null : bytes(files.get(index)));
    }

    /**
     * Compares images, one after the other: a file of many, which is read in parts, would be read again and again
     * otherwise.
     *
     * @param contents their bytes
     * @return as {@link #ofFiles}
     */
    static int[] of(int count, IntFunction<byte[]> contents) {
        return firsts(IntStream.range(0, count), index -> {
            try {
                return contents.apply(index);
            } catch (PictureException | DataFormatException e) {
                return null; // The survey reports it.
            }
        });
    }

    /**
     * @param indices from 0, parallel or not
     * @param contents null for what equals nothing else
     */
    private static int[] firsts(IntStream indices, IntFunction<byte[]> contents) {
        String[] digests = indices.mapToObj(index -> {
                    byte[] bytes = contents.apply(index);
                    return bytes == null ? "" : digest(bytes);
                })
                .toArray(String[]::new);
        Map<String, Integer> seen = new HashMap<>();
        int[] firsts = new int[digests.length];
        for (int i = 0; i < firsts.length; i++) {
            Integer first = digests[i].isEmpty() ? null : seen.putIfAbsent(digests[i], i);
            firsts[i] = first == null ? i : first;
        }
        return firsts;
    }

    /** SHA-256 in hexadecimal digits. */
    static String digest(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // never: every Java platform has it
        }
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            return -1;
        }
    }

    private static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException | OutOfMemoryError e) {
            return null; // The survey reports it.
        }
    }

    /**
     * Draws images for testing: the first of an order, as many as wanted, but of equal ones all or none. So there may
     * be fewer; if even the smallest group of equal ones is larger than what is wanted, it is that group.
     *
     * @param order [count], the images' indices
     * @param firsts as {@link #ofFiles} returns it
     * @param wanted at least 1, below count
     * @return the indices of those for testing, in ascending order; all of them if all images are equal
     */
    static int[] drawn(int[] order, int[] firsts, int wanted) {
        int[] sizes = new int[order.length];
        for (int first : firsts) {
            sizes[first]++;
        }
        boolean[] test = new boolean[order.length];
        int smallest = firsts[order[0]];
        int left = wanted;
        for (int index : order) {
            int group = firsts[index];
            if (!test[group] && sizes[group] <= left) {
                test[group] = true;
                left -= sizes[group];
            }
            smallest = sizes[group] < sizes[smallest] ? group : smallest;
        }
        test[smallest] |= left == wanted;
        return IntStream.range(0, order.length).filter(i -> test[firsts[i]]).toArray();
    }
}
