package io.kanerva.runtime;

/**
 * The shape of a stack of planes: an image [Cx, Hx, Wx], a memory [C, H, W] or a block [C, h, w].
 *
 * @param channels planes, 1 or more
 * @param height rows, 1 or more
 * @param width columns, 1 or more
 */
public record Planes(int channels, int height, int width) {

    /** @throws IllegalArgumentException if a size is out of its range, or their product exceeds 2^31 - 1 */
    public Planes {
        boolean fits = channels >= 1 && height >= 1 && width >= 1;
        if (!fits || (double) channels * height * width > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "Planes: expected sizes of at least 1 and at most 2^31 - 1 values, found [%d, %d, %d]"
                            .formatted(channels, height, width));
        }
    }

    /** The number of floats in one such stack. */
    public int floats() {
        return channels * height * width;
    }

    @Override
    public String toString() {
        return "[" + channels + ", " + height + ", " + width + "]";
    }
}
