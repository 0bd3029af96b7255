package io.kanerva.trainer.data;

import java.util.Arrays;
import java.util.Objects;

/**
 * Images of one size, held as bytes.
 *
 * <p>The array is shared, not copied: whoever makes a set hands the array over, and nobody writes to it afterwards.
 * As with any record that holds an array, {@code equals} compares that array by identity.
 *
 * @param name what to call the set in messages, usually a data set's or a file's name
 * @param count number of images, at least 1
 * @param channels colour channels of an image, at least 1
 * @param height rows of an image, at least 1
 * @param width columns of an image, at least 1
 * @param pixels [count][channels][height][width], row-major, intensities 0 to 255 as unsigned bytes; a binary set holds
 *     only 0 and 255
 */
public record ImageSet(String name, int count, int channels, int height, int width, byte[] pixels) {

    /** @throws IllegalArgumentException if a size is below 1 or the array's length is not their product */
    public ImageSet {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(pixels, "pixels");
        if (count < 1 || channels < 1 || height < 1 || width < 1) {
            throw new IllegalArgumentException("image set '%s' needs at least one image of at least one pixel, found %d images of [%d, %d, %d]"
                    .formatted(name, count, channels, height, width));
        }
        long expected = (long) count * channels * height * width;
        if (pixels.length != expected) {
            throw new IllegalArgumentException("image set '%s' of %d images of [%d, %d, %d] needs %d bytes, found %d"
                    .formatted(name, count, channels, height, width, expected, pixels.length));
        }
    }

    /** Numbers in one image: channels x height x width. */
    public int pixelsPerImage() {
        return channels * height * width;
    }

    /** Whether every pixel is 0 or 255. Looks at all of them. */
    public boolean isBinary() {
        for (byte pixel : pixels) {
            if (pixel != 0 && pixel != (byte) 255) {
                return false;
            }
        }
        return true;
    }

    /**
     * The images {@code from} (included) to {@code to} (excluded), copied into a set of their own.
     *
     * @throws IndexOutOfBoundsException if that is not a part of 0 to {@link #count()} with at least one image
     */
    public ImageSet slice(int from, int to) {
        if (from < 0 || to > count || from >= to) {
            throw new IndexOutOfBoundsException("images %d to %d of '%s' were asked for, which has the images 0 to %d"
                    .formatted(from, to, name, count));
        }
        int size = pixelsPerImage();
        return new ImageSet(name, to - from, channels, height, width, Arrays.copyOfRange(pixels, from * size, to * size));
    }

    /**
     * Copies one image as intensities in [0, 1] (pixel / 255) to {@code target[offset ...]}, in the order channel, row,
     * column.
     *
     * @throws IndexOutOfBoundsException if there is no such image, or it does not fit into the target
     */
    public void copyIntensities(int index, float[] target, int offset) {
        int start = start(index, target, offset);
        for (int i = 0; i < pixelsPerImage(); i++) {
            target[offset + i] = (pixels[start + i] & 0xff) / 255f;
        }
    }

    /** Where an image starts in {@link #pixels()}, after checking that it exists and fits into the target. */
    int start(int index, float[] target, int offset) {
        Objects.checkIndex(index, count);
        Objects.checkFromIndexSize(offset, pixelsPerImage(), target.length);
        return index * pixelsPerImage();
    }
}
