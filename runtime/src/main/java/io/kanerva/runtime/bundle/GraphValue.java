package io.kanerva.runtime.bundle;

import java.util.Arrays;

/**
 * What is known of a tensor without running its graph: its shape, and the values of a small integer tensor, such as the
 * shape that a Reshape takes.
 *
 * @param shape its sizes
 * @param integers its values in row-major order, or null if they are not known
 */
record GraphValue(long[] shape, long[] integers) {

    /** Larger tensors' values are not followed: no shape has as many dimensions, and a pad has two for each. */
    static final int MAX_INTEGERS = 64;

    static GraphValue of(long... shape) {
        return new GraphValue(shape, null);
    }

    static GraphValue integers(long... values) {
        return new GraphValue(new long[] {values.length}, values);
    }

    /** The number of values; {@link Long#MAX_VALUE} for more than that. */
    long size() {
        long size = 1;
        for (long dimension : shape) {
            if (dimension == 0) {
                return 0;
            }
            size = size > Long.MAX_VALUE / dimension ? Long.MAX_VALUE : size * dimension;
        }
        return size;
    }

    int rank() {
        return shape.length;
    }

    @Override
    public String toString() {
        return Arrays.toString(shape);
    }
}
