package io.kanerva.trainer.data;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import java.util.Objects;
import java.util.random.RandomGenerator;

/**
 * How 8-bit images become a model's input. Scores on binary images are comparable only under the same binarisation: the
 * literature reports MNIST on the fixed one and often trains on the dynamic one.
 */
public enum Binarisation {
    /** A pixel is 1 with a probability equal to its intensity, redrawn each time the image is copied. */
    DYNAMIC,
    /** A pixel is 1 if its intensity is at least 128 of 255. */
    THRESHOLD,
    /** The images are already binary; a grey pixel is an error. */
    FIXED,
    /**
     * Not binary: a pixel is its intensity k / 255, for a likelihood over 256 levels; {@link Images#level} recovers k.
     */
    NONE;

    /**
     * Writes one image to {@code target[offset ...]}, in the order channel, row, column: zeros and ones, or with
     * {@link #NONE} intensities in [0, 1].
     *
     * @param random used only by {@link #DYNAMIC}, may be null otherwise: one {@code nextInt(255)} for each pixel that
     *     is neither 0 nor 255, in order, so that a generator in the same state gives the same image
     * @throws DataFormatException if this is {@link #FIXED} and the image has a grey pixel, or the image cannot be read
     * @throws IndexOutOfBoundsException if there is no such image, or it does not fit into the target
     */
    public void copy(Images images, int index, float[] target, int offset, RandomGenerator random) {
        copy(images, index, null, target, offset, random);
    }

    /**
     * Like {@link #copy(Images, int, float[], int, RandomGenerator)}, for the image transformed by {@code map} unless
     * it is null.
     */
    public void copy(Images images, int index, AffineMap map, float[] target, int offset, RandomGenerator random) {
        if (this == NONE && map == null) {
            images.copyIntensities(index, target, offset);
            return;
        }
        Objects.checkFromIndexSize(offset, images.pixelsPerImage(), target.length);
        byte[] pixels = new byte[images.pixelsPerImage()];
        if (map == null) {
            images.copyPixels(index, pixels, 0);
        } else {
            images.copyTransformed(index, map, pixels, 0);
        }
        if (this == NONE) {
            for (int i = 0; i < pixels.length; i++) {
                target[offset + i] = (pixels[i] & 0xff) / 255f;
            }
            return;
        }
        for (int i = 0; i < pixels.length; i++) {
            int intensity = pixels[i] & 0xff;
            boolean ink;
            if (intensity == 0 || intensity == 255) {
                ink = intensity == 255;
            } else if (this == DYNAMIC) {
                ink = random.nextInt(255) < intensity;
            } else if (this == THRESHOLD) {
                ink = intensity >= 128;
            } else {
                throw new DataFormatException(
                        ("'%2$s', image %1$d: expected only pixels 0 and 255, found %3$d: use dynamic or "
                                        + "threshold binarisation for grey images")
                                .formatted(index, images.name(), intensity));
            }
            target[offset + i] = ink ? 1f : 0f;
        }
    }

    /**
     * Returns images one after the other, the same each time.
     *
     * @param indices the images, from 0
     * @return [indices, Cx, Hx, Wx], as {@link #copy(Images, int, float[], int, RandomGenerator)} writes them
     * @throws IllegalArgumentException if this is {@link #DYNAMIC}
     * @throws DataFormatException if this is {@link #FIXED} and an image has a grey pixel, or one cannot be read
     * @throws IndexOutOfBoundsException if there is no such image
     */
    public float[] copies(Images images, int... indices) {
        requireRepeatable();
        int size = images.pixelsPerImage();
        float[] copies = new float[indices.length * size];
        for (int i = 0; i < indices.length; i++) {
            copy(images, indices[i], copies, i * size, null);
        }
        return copies;
    }

    /** Whether images consist of zeros and ones only. */
    public boolean isBinary() {
        return this != NONE;
    }

    /**
     * The name in lower case, as in a bundle's provenance: {@code dynamic}, {@code threshold}, {@code fixed} or
     * {@code none}.
     */
    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Checks that images are the same each time, as a reproducible score needs.
     *
     * @throws IllegalArgumentException for {@link #DYNAMIC}
     */
    public void requireRepeatable() {
        if (this == DYNAMIC) {
            throw new IllegalArgumentException(
                    "test images: expected binarisation fixed, threshold or none, found dynamic, which changes "
                            + "the images each time");
        }
    }
}
