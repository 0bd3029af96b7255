package io.kanerva.runtime;

import java.util.Arrays;
import java.util.Objects;

/**
 * A dense float32 tensor: flat, row-major data and its shape.
 *
 * <p>The data are not copied, in or out: neither the maker nor the receiver of a tensor should change them. The shape
 * is.
 *
 * @param data the values, the last dimension running fastest
 * @param shape the size of each dimension, none negative; their product is {@code data.length}
 */
public record FloatTensor(float[] data, int... shape) {

    /** @throws TensorException if a dimension is negative or the shape does not hold exactly {@code data} */
    public FloatTensor {
        Objects.requireNonNull(data, "data");
        shape = Objects.requireNonNull(shape, "shape").clone();
        long size = elements(shape);
        if (size != data.length) {
            throw new TensorException("FloatTensor: shape %s holds %d values, found %d", shape, size, data.length);
        }
    }

    /**
     * A tensor of zeros, {@code shape}.
     *
     * @throws TensorException if a dimension is negative or they hold more values than a Java array
     */
    public static FloatTensor zeros(int... shape) {
        long size = elements(shape);
        if (size > Integer.MAX_VALUE - 8) {
            throw new TensorException("FloatTensor: shape %s holds %d values, more than a Java array", shape, size);
        }
        return new FloatTensor(new float[(int) size], shape);
    }

    /** A copy of the shape. */
    @Override
    public int[] shape() {
        return shape.clone();
    }

    /** The number of dimensions. */
    public int rank() {
        return shape.length;
    }

    /** The number of values. */
    public int size() {
        return data.length;
    }

    /**
     * The size of one dimension.
     *
     * @param axis counted from 0
     * @throws ArrayIndexOutOfBoundsException if there is no such dimension
     */
    public int dimension(int axis) {
        return shape[axis];
    }

    FloatTensor copy() {
        return new FloatTensor(data.clone(), shape);
    }

    /**
     * The value at one index.
     *
     * @param index one number per dimension, each from 0 to that dimension's size less 1
     * @throws TensorException if the index has another rank or is out of range
     */
    public float get(int... index) {
        if (index.length != shape.length) {
            throw new TensorException(
                    "FloatTensor: index %s: expected %d numbers for shape %s", index, shape.length, shape);
        }
        int offset = 0;
        for (int axis = 0; axis < shape.length; axis++) {
            if (index[axis] < 0 || index[axis] >= shape[axis]) {
                throw new TensorException("FloatTensor: expected an index within shape %2$s, found %1$s", index, shape);
            }
            offset = offset * shape[axis] + index[axis];
        }
        return data[offset];
    }

    /** Equal shapes and bitwise equal data. */
    @Override
    public boolean equals(Object other) {
        return other instanceof FloatTensor tensor
                && Arrays.equals(shape, tensor.shape)
                && Arrays.equals(data, tensor.data);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(shape) + Arrays.hashCode(data);
    }

    /** The shape only, such as {@code float32[2, 32, 1, 28, 28]}. */
    @Override
    public String toString() {
        return "float32" + Arrays.toString(shape);
    }

    private static long elements(int[] shape) {
        long size = 1;
        for (int dimension : shape) {
            if (dimension < 0) {
                throw new TensorException(
                        "FloatTensor: shape %s: expected no negative dimension, found %d", shape, dimension);
            }
            // Saturates instead of overflowing; any real array is far smaller.
            size = dimension == 0 ? 0 : Math.min(size, Long.MAX_VALUE / dimension) * dimension;
        }
        return size;
    }
}
