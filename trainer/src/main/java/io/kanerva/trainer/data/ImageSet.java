package io.kanerva.trainer.data;

import java.util.Objects;

/**
 * Images of one size, held in memory as bytes.
 *
 * <p>The arrays are not copied and must not be modified afterwards. {@code equals} compares them by identity.
 *
 * @param name the set's name in messages, usually a data set's or a file's
 * @param count number of images, at least 1
 * @param channels colour channels of an image, at least 1
 * @param height rows of an image, at least 1
 * @param width columns of an image, at least 1
 * @param pixels [count][channels][height][width], row-major, intensities 0 to 255 as unsigned bytes; a binary set holds
 *     only 0 and 255
 * @param labels [count], each image's class from 0, or empty if the classes are unknown
 */
public record ImageSet(String name, int count, int channels, int height, int width, byte[] pixels, int[] labels)
        implements Images {
    private static final int[] NO_LABELS = {};

    /** @throws IllegalArgumentException if a size is below 1, an array has the wrong length, or a label is negative */
    public ImageSet {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(pixels, "pixels");
        Objects.requireNonNull(labels, "labels");
        if (count < 1 || channels < 1 || height < 1 || width < 1) {
            throw new IllegalArgumentException(
                    "image set '%s': expected at least one image of at least one pixel, found %d images of [%d, %d, %d]"
                            .formatted(name, count, channels, height, width));
        }
        long expected = (long) count * channels * height * width;
        if (pixels.length != expected) {
            throw new IllegalArgumentException(
                    ("image set '%s' of %d images of [%d, %d, %d]: expected %d bytes, " + "found %d")
                            .formatted(name, count, channels, height, width, expected, pixels.length));
        }
        if (labels.length != 0 && labels.length != count) {
            throw new IllegalArgumentException(
                    ("image set '%s' of %d images: expected one label per " + "image or none, found %d")
                            .formatted(name, count, labels.length));
        }
        for (int label : labels) {
            if (label < 0) {
                throw new IllegalArgumentException(
                        "image set '%s': expected labels of at least 0, found %d".formatted(name, label));
            }
        }
    }

    /** A set of images without labels. */
    public ImageSet(String name, int count, int channels, int height, int width, byte[] pixels) {
        this(name, count, channels, height, width, pixels, NO_LABELS);
    }

    /** Returns the same images and labels under another name. */
    public ImageSet named(String newName) {
        return new ImageSet(newName, count, channels, height, width, pixels, labels);
    }

    /**
     * Returns the same images with these labels.
     *
     * @param newLabels [count], or empty
     * @throws IllegalArgumentException if the count is wrong or a label is negative
     */
    public ImageSet labelled(int[] newLabels) {
        return new ImageSet(name, count, channels, height, width, pixels, newLabels);
    }

    @Override
    public boolean hasLabels() {
        return labels.length > 0;
    }

    @Override
    public int label(int index) {
        Objects.checkIndex(index, count);
        return hasLabels() ? labels[index] : UNLABELLED;
    }

    @Override
    public void copyPixels(int index, byte[] target, int offset) {
        Objects.checkIndex(index, count);
        System.arraycopy(pixels, index * pixelsPerImage(), target, offset, pixelsPerImage());
    }
}
