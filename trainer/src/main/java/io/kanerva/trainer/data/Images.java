package io.kanerva.trainer.data;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.function.IntConsumer;

/**
 * An indexed set of images of one size. {@link ImageSet} holds them in memory; other implementations read from disk on
 * demand, so that a set may exceed the memory. Thread-safe.
 */
public interface Images {
    /** The {@link #label} of an image whose class is unknown. */
    int UNLABELLED = -1;

    /** The set's name in messages, usually a data set's or a file's. */
    String name();

    /** Number of images, at least 1. */
    int count();

    /** Colour channels of an image (1 grey, 3 red, green, blue), at least 1. */
    int channels();

    /** Rows of an image, at least 1. */
    int height();

    /** Columns of an image, at least 1. */
    int width();

    /** @throws IllegalArgumentException if the images have another size */
    default void requireSize(int channels, int height, int width) {
        if (channels() != channels || height() != height || width() != width) {
            throw new IllegalArgumentException("'%s': expected images of [%d, %d, %d], found [%d, %d, %d]"
                    .formatted(name(), channels, height, width, channels(), height(), width()));
        }
    }

    /** Whether the images' classes are known. */
    boolean hasLabels();

    /**
     * Returns the class of an image, from 0: a digit, a kind of garment or object, a character; {@link #UNLABELLED} if
     * the set {@linkplain #hasLabels() has no labels}.
     *
     * @throws IndexOutOfBoundsException if there is no such image
     */
    int label(int index);

    /**
     * Returns the indices of the images of each class, ascending; classes in the order of their first images. The
     * caller may modify map and lists.
     *
     * @throws IllegalArgumentException if the set {@linkplain #hasLabels() has no labels}
     */
    default Map<Integer, List<Integer>> classes() {
        if (!hasLabels()) {
            throw new IllegalArgumentException("'%s': expected labelled images, found no labels".formatted(name()));
        }
        Map<Integer, List<Integer>> classes = new LinkedHashMap<>();
        for (int i = 0; i < count(); i++) {
            classes.computeIfAbsent(label(i), label -> new ArrayList<>()).add(i);
        }
        return classes;
    }

    /**
     * Copies one image as unsigned bytes, 0 to 255, to {@code target[offset ...]}, in the order channel, row, column.
     *
     * @throws IndexOutOfBoundsException if there is no such image, or it does not fit into the target
     * @throws DataFormatException if the image is read from disk and cannot be
     */
    void copyPixels(int index, byte[] target, int offset);

    /**
     * Copies one transformed image, like {@link #copyPixels}: each channel is interpolated bilinearly and repeats its
     * border pixels beyond the edges.
     *
     * @throws IndexOutOfBoundsException if there is no such image, or it does not fit into the target
     * @throws DataFormatException if the image is read from disk and cannot be
     */
    default void copyTransformed(int index, AffineMap map, byte[] target, int offset) {
        Objects.checkFromIndexSize(offset, pixelsPerImage(), target.length);
        byte[] pixels = new byte[pixelsPerImage()];
        copyPixels(index, pixels, 0);
        int plane = height() * width();
        for (int channel = 0; channel < channels(); channel++) {
            map.resample(pixels, channel * plane, height(), width(), target, offset + channel * plane);
        }
    }

    /** Whether images are read when they are asked for, so that one that cannot be read is found late. */
    default boolean isOnDisk() {
        return false;
    }

    /**
     * Whether every pixel is 0 or 255. Reads images until one is not.
     *
     * @throws DataFormatException if an image is read from disk and cannot be
     */
    default boolean isBinary() {
        byte[] pixels = new byte[pixelsPerImage()];
        for (int i = 0; i < count(); i++) {
            copyPixels(i, pixels, 0);
            for (byte pixel : pixels) {
                if (pixel != 0 && pixel != (byte) 255) {
                    return false;
                }
            }
        }
        return true;
    }

    /**
     * Reads each image of a set {@linkplain #isOnDisk on disk}, on all processors, and returns what keeps any of them
     * from being read: index and sentence, ascending. What fits into the set's memory stays there, so the reading is
     * not in vain. Empty at once for images that are in memory.
     *
     * @param looked called with the number of images read so far, by one thread at a time
     */
    default SortedMap<Integer, String> unreadable(IntConsumer looked) {
        return Collections.emptySortedMap();
    }

    /** Whether a {@linkplain #copyTransformed transformed} image is still black and white. */
    default boolean staysBlackAndWhite() {
        return false;
    }

    /** Values in one image: channels x height x width. */
    default int pixelsPerImage() {
        return channels() * height() * width();
    }

    /**
     * Copies one image as intensities in [0, 1] (pixel / 255, in float32) to {@code target[offset ...]}, in the order
     * channel, row, column. {@link #level} recovers the pixel.
     *
     * @throws IndexOutOfBoundsException if there is no such image, or it does not fit into the target
     * @throws DataFormatException if the image is read from disk and cannot be
     */
    default void copyIntensities(int index, float[] target, int offset) {
        Objects.checkFromIndexSize(offset, pixelsPerImage(), target.length);
        byte[] pixels = new byte[pixelsPerImage()];
        copyPixels(index, pixels, 0);
        for (int i = 0; i < pixels.length; i++) {
            target[offset + i] = (pixels[i] & 0xff) / 255f;
        }
    }

    /** Recovers the pixel, 0 to 255, from an intensity of {@link #copyIntensities}; exact for all 256. */
    static int level(float intensity) {
        return Math.round(intensity * 255);
    }

    /**
     * Copies the images {@code from} (inclusive) to {@code to} (exclusive), with their labels, into a new set in
     * memory.
     *
     * @throws IndexOutOfBoundsException if the range is empty or exceeds the set
     */
    default ImageSet slice(int from, int to) {
        if (from < 0 || to > count() || from >= to) {
            throw new IndexOutOfBoundsException(
                    ("'%3$s': expected a range of images within 0 to %4$d, found %1$d " + "to %2$d")
                            .formatted(from, to, name(), count()));
        }
        byte[] pixels = new byte[Math.multiplyExact(to - from, pixelsPerImage())];
        int[] labels = new int[hasLabels() ? to - from : 0];
        for (int i = from; i < to; i++) {
            copyPixels(i, pixels, (i - from) * pixelsPerImage());
            if (hasLabels()) {
                labels[i - from] = label(i);
            }
        }
        return new ImageSet(name(), to - from, channels(), height(), width(), pixels, labels);
    }

    /** The first images, copied: {@code atMost} of them, or all where there are fewer. */
    default ImageSet first(int atMost) {
        return slice(0, Math.min(atMost, count()));
    }
}
