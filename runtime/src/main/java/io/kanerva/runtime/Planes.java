package io.kanerva.runtime;

/**
 * The shape of a stack of planes: an image [Cx, Hx, Wx], a memory [C, H, W] or a block [C, h, w].
 *
 * @param channels planes, 1 or more
 * @param height rows, 1 or more
 * @param width columns, 1 or more
 */
public record Planes(int channels, int height, int width) {

    /** The number of floats in one such stack. */
    public int floats() {
        return Math.multiplyExact(Math.multiplyExact(channels, height), width);
    }

    @Override
    public String toString() {
        return "[" + channels + ", " + height + ", " + width + "]";
    }
}
