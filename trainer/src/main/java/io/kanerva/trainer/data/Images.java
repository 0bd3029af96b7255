package io.kanerva.trainer.data;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Images of one size, by number. {@link ImageSet} holds them in memory; other implementations read an image from disk
 * each time it is asked for, so that a set may be larger than the memory. Safe for several threads at a time.
 */
public interface Images {
    /** What {@link #label} gives for an image whose class is not known. */
    int UNLABELLED = -1;

    /** What to call the set in messages, usually a data set's or a file's name. */
    String name();

    /** Number of images, at least 1. */
    int count();

    /** Colour channels of an image (1 grey, 3 red, green, blue), at least 1. */
    int channels();

    /** Rows of an image, at least 1. */
    int height();

    /** Columns of an image, at least 1. */
    int width();

    /** Whether the images' classes are known. */
    boolean hasLabels();

    /**
     * The class of an image, counted from 0: a digit, a kind of garment or object, an alphabet's character;
     * {@link #UNLABELLED} if the set {@linkplain #hasLabels() has no labels}.
     *
     * @throws IndexOutOfBoundsException if there is no such image
     */
    int label(int index);

    /**
     * The numbers of the images of each class, in ascending order; classes in the order of their first images. Map and
     * lists are the caller's to change.
     *
     * @throws IllegalArgumentException if the set {@linkplain #hasLabels() has no labels}
     */
    default Map<Integer, List<Integer>> classes() {
        if (!hasLabels()) {
            throw new IllegalArgumentException(
                    "'%s': expected images whose classes are known, found no labels".formatted(name()));
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
     * Copies one image, moved, as {@link #copyPixels} does: by bilinear interpolation of each channel, what lies beyond
     * an edge being as the edge is.
     *
     * @throws IndexOutOfBoundsException if there is no such image, or it does not fit into the target
     * @throws DataFormatException if the image is read from disk and cannot be
     */
    default void copyMoved(int index, AffineMap map, byte[] target, int offset) {
        Objects.checkFromIndexSize(offset, pixelsPerImage(), target.length);
        byte[] pixels = new byte[pixelsPerImage()];
        copyPixels(index, pixels, 0);
        int plane = height() * width();
        for (int channel = 0; channel < channels(); channel++) {
            map.resample(pixels, channel * plane, height(), width(), target, offset + channel * plane);
        }
    }

    /** Whether a {@linkplain #copyMoved moved} image is black and white again. */
    default boolean staysBlackAndWhite() {
        return false;
    }

    /** Numbers in one image: channels x height x width. */
    default int pixelsPerImage() {
        return channels() * height() * width();
    }

    /**
     * Copies one image as intensities in [0, 1] (pixel / 255, in float32) to {@code target[offset ...]}, in the order
     * channel, row, column. {@link #level} gives back the pixel.
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

    /** The pixel, 0 to 255, that an intensity of {@link #copyIntensities} stands for: exact for all 256. */
    static int level(float intensity) {
        return Math.round(intensity * 255);
    }

    /**
     * The images {@code from} (included) to {@code to} (excluded), copied into a set of their own in memory, with their
     * labels.
     *
     * @throws IndexOutOfBoundsException if that is not a part of 0 to {@link #count()} with at least one image
     */
    default ImageSet slice(int from, int to) {
        if (from < 0 || to > count() || from >= to) {
            throw new IndexOutOfBoundsException("images %d to %d of '%s' were asked for, which has the images 0 to %d"
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
}
