package io.kanerva.runtime;

import java.util.Arrays;
import java.util.Objects;

/**
 * A dense float32 tensor: flat, row-major data and its shape.
 *
 * <p>Neither array is copied, in or out: whoever makes a tensor hands its data over, and whoever receives one may read
 * it but should not change it.
 *
 * @param data the values, the last dimension running fastest
 * @param shape the size of each dimension, none negative; their product is {@code data.length}
 */
public record FloatTensor(float[] data, int... shape) {

    /** The bits of 1f. */
    private static final int ONE = 0x3F800000;

    /** The bits of {@link Float#MAX_VALUE}. */
    private static final int LARGEST = 0x7F7FFFFF;

    /** @throws TensorException if a dimension is negative or the shape does not hold exactly {@code data} */
    public FloatTensor {
        Objects.requireNonNull(data, "data");
        Objects.requireNonNull(shape, "shape");
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

    /** How many values there are. */
    public int size() {
        return data.length;
    }

    /** How many dimensions there are. */
    public int rank() {
        return shape.length;
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

    /**
     * The same data under another shape; nothing is copied.
     *
     * @throws TensorException if the new shape holds another number of values
     */
    public FloatTensor reshape(int... newShape) {
        return new FloatTensor(data, newShape);
    }

    FloatTensor copy() {
        return new FloatTensor(data.clone(), shape.clone());
    }

    /**
     * The value at one index.
     *
     * @param index one number a dimension, each from 0 to that dimension's size less 1
     * @throws TensorException if the index has another rank or lies outside
     */
    public float get(int... index) {
        if (index.length != shape.length) {
            throw new TensorException(
                    "FloatTensor: index %s: expected %d numbers for shape %s", index, shape.length, shape);
        }
        int offset = 0;
        for (int axis = 0; axis < shape.length; axis++) {
            if (index[axis] < 0 || index[axis] >= shape[axis]) {
                throw new TensorException("FloatTensor: index %s lies outside shape %s", index, shape);
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

    /** Checks that no value is NaN or infinite; {@code place} names the tensor in the message. */
    void requireFinite(String place) {
        require(place, "finite values", outside(data, Integer.MAX_VALUE, LARGEST));
    }

    /** Checks that every value lies in [0, 1]. */
    void requireImages(String place) {
        require(place, "values from 0 to 1", outsideImages(data));
    }

    private void require(String place, String expected, int outside) {
        if (outside >= 0) {
            throw new TensorException(
                    "%s: expected %s, found %s at %s", place, expected, data[outside], indexOf(outside));
        }
    }

    /** Where the first value lies that is not in [0, 1]; -1 if there is none. */
    static int outsideImages(float[] values) {
        return outside(values, -1, ONE);
    }

    /**
     * Where the first value lies whose bits, as far as the mask lets them through, are not from 0 to {@code most}; -1
     * if there is none. Faster than to compare each number with both ends, as the bits of positive numbers are in their
     * order.
     */
    private static int outside(float[] values, int mask, int most) {
        int doubtful = 0;
        for (float value : values) {
            int bits = Float.floatToRawIntBits(value) & mask;
            doubtful |= bits | most - bits;
        }
        for (int i = 0; doubtful < 0 && i < values.length; i++) {
            int bits = Float.floatToRawIntBits(values[i] + 0f) & mask; // the sum makes -0 a 0
            if ((bits | most - bits) < 0) {
                return i;
            }
        }
        return -1;
    }

    /** The index of the value at {@code offset}, written as in {@code [0, 3, 5]}. */
    private String indexOf(int offset) {
        int[] index = new int[shape.length];
        int rest = offset;
        for (int axis = shape.length - 1; axis >= 0; axis--) {
            index[axis] = rest % shape[axis];
            rest /= shape[axis];
        }
        return Arrays.toString(index);
    }

    static long elements(int[] shape) {
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
