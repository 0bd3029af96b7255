package io.kanerva.trainer.model;

import ai.djl.ndarray.types.Shape;

/**
 * The shape of an image or of a memory: channels, each a map of height x width values.
 *
 * @param channels at least 1
 * @param height rows, at least 1
 * @param width columns, at least 1
 */
public record MapShape(int channels, int height, int width) {

    /** Values in all channels. */
    public int size() {
        return channels * height * width;
    }

    /** Height and width. */
    Grid grid() {
        return new Grid(height, width);
    }

    /** [leading ..., channels, height, width]: the shape of an array of several of these. */
    public Shape shape(long... leading) {
        return new Shape(leading).addAll(new Shape(channels, height, width));
    }
}
