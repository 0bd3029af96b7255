package io.kanerva.trainer.data;

import java.util.Locale;
import java.util.random.RandomGenerator;

/**
 * How grey images become binary ones. A number on binary images means something only together with this: the literature's
 * MNIST numbers are on the fixed binarisation, training on the dynamic one is common.
 */
public enum Binarisation {
    /** A pixel is 1 with the probability of its intensity, drawn anew each time an image is asked for. */
    DYNAMIC,
    /** A pixel is 1 if its intensity is at least 128 of 255. */
    THRESHOLD,
    /** The set is binary already and stays as it is; a grey pixel is an error. */
    FIXED;

    /**
     * Writes one image as zeros and ones to {@code target[offset ...]}, in the order channel, row, column.
     *
     * @param random drawn from only by {@link #DYNAMIC}: one {@code nextInt(255)} for each pixel that is neither 0 nor 255, in
     *     order, so that a generator in the same state gives the same image; may be null otherwise
     * @throws DataFormatException if this is {@link #FIXED} and the image holds a grey pixel
     * @throws IndexOutOfBoundsException if there is no such image, or it does not fit into the target
     */
    public void copy(ImageSet images, int index, float[] target, int offset, RandomGenerator random) {
        int start = images.start(index, target, offset);
        for (int i = 0; i < images.pixelsPerImage(); i++) {
            int intensity = images.pixels()[start + i] & 0xff;
            boolean ink;
            if (intensity == 0 || intensity == 255) {
                ink = intensity == 255;
            } else {
                ink = switch (this) {
                    case DYNAMIC -> random.nextInt(255) < intensity;
                    case THRESHOLD -> intensity >= 128;
                    case FIXED -> throw new DataFormatException(
                            "image %d of '%s' should be binary (only 0 and 255), but it has a pixel of %d: use dynamic or threshold binarisation for grey images"
                                    .formatted(index, images.name(), intensity));
                };
            }
            target[offset + i] = ink ? 1f : 0f;
        }
    }

    /** The name in lower case, as it stands in a bundle's provenance: {@code dynamic}, {@code threshold} or {@code fixed}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
