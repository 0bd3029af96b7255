package io.kanerva.onnx.reference;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.util.Arrays;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;

/**
 * A dense row-major array. Whole numbers and truth values (0 and 1) are held as doubles, too.
 *
 * @param type what the elements stand for
 */
record Array(ElementType type, int[] shape, double[] data) {
    Array {
        if (count(shape) != data.length) {
            throw new IllegalArgumentException(
                    "expected " + count(shape) + " elements for " + Arrays.toString(shape) + ", found " + data.length);
        }
    }

    static Array of(Tensor tensor) {
        return new Array(
                tensor.type(),
                Arrays.stream(tensor.shape()).mapToInt(Math::toIntExact).toArray(),
                tensor.doubles());
    }

    static Array filled(ElementType type, double value, int... shape) {
        double[] data = new double[count(shape)];
        Arrays.fill(data, value);
        return new Array(type, shape, data);
    }

    static Array integers(long... values) {
        return new Array(
                ElementType.INT64,
                new int[] {values.length},
                Arrays.stream(values).asDoubleStream().toArray());
    }

    Tensor toTensor() {
        long[] sizes = Arrays.stream(shape).asLongStream().toArray();
        return Tensor.of(type, data, sizes);
    }

    static int count(int[] shape) {
        return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }

    int rank() {
        return shape.length;
    }

    /** An axis that may be counted from the end. */
    int axis(long axis) {
        return Math.floorMod((int) axis, Math.max(1, rank()));
    }

    long[] longs() {
        return Arrays.stream(data).mapToLong(value -> (long) value).toArray();
    }

    int[] ints() {
        return Arrays.stream(data).mapToInt(value -> (int) value).toArray();
    }

    Array withShape(int... other) {
        return new Array(type, other, data);
    }

    Array withType(ElementType other) {
        return new Array(other, shape, data);
    }

    Array map(DoubleUnaryOperator function) {
        return new Array(type, shape, Arrays.stream(data).map(function).toArray());
    }

    /** How far apart neighbours along each axis lie. */
    static int[] strides(int[] shape) {
        int[] strides = new int[shape.length];
        int stride = 1;
        for (int i = shape.length - 1; i >= 0; i--) {
            strides[i] = stride;
            stride *= shape[i];
        }
        return strides;
    }

    static int[] broadcastShape(int[] a, int[] b) {
        int rank = Math.max(a.length, b.length);
        return IntStream.range(0, rank)
                .map(i -> {
                    int left = i < rank - a.length ? 1 : a[i - rank + a.length];
                    int right = i < rank - b.length ? 1 : b[i - rank + b.length];
                    if (left != right && left != 1 && right != 1) {
                        throw new IllegalArgumentException(
                                Arrays.toString(a) + " and " + Arrays.toString(b) + " do not broadcast");
                    }
                    return left == 1 ? right : left;
                })
                .toArray();
    }

    /** A copy of the array, repeated along its axes of one to fill a shape. */
    Array broadcast(int[] target) {
        int missing = target.length - rank();
        int[] strides = strides(shape);
        int[] steps = new int[target.length];
        for (int i = 0; i < rank(); i++) {
            steps[i + missing] = shape[i] == 1 ? 0 : strides[i];
        }
        return new Array(type, target, walk(target, steps));
    }

    /**
     * The elements for all places of a shape in row-major order, where a step along an axis is a step of so many
     * elements here.
     */
    double[] walk(int[] target, int[] steps) {
        double[] values = new double[count(target)];
        int[] place = new int[target.length];
        int at = 0;
        for (int i = 0; i < values.length; i++) {
            values[i] = data[at];
            for (int axis = target.length - 1; axis >= 0; axis--) {
                at += steps[axis];
                if (++place[axis] < target[axis]) {
                    break;
                }
                at -= steps[axis] * target[axis];
                place[axis] = 0;
            }
        }
        return values;
    }

    /** The values as its type holds them: the evaluator calculates with more digits. */
    Array rounded() {
        return switch (type) {
            case FLOAT32 -> map(value -> (float) value);
            case FLOAT16, BFLOAT16 -> new Array(type, shape, toTensor().doubles());
            default -> this;
        };
    }

    static Array combine(Array a, Array b, DoubleBinaryOperator function) {
        int[] target = broadcastShape(a.shape, b.shape);
        double[] values = a.broadcast(target).data;
        double[] right = b.broadcast(target).data;
        Arrays.setAll(values, i -> function.applyAsDouble(values[i], right[i]));
        return new Array(a.type, target, values);
    }

    /** Counts through all places of a shape in row-major order. */
    static final class Places {
        private final int[] shape;
        private final int[] place;

        Places(int[] shape) {
            this.shape = shape;
            this.place = new int[shape.length];
        }

        int[] place() {
            return place;
        }

        void next() {
            for (int i = shape.length - 1; i >= 0 && ++place[i] == shape[i]; i--) {
                place[i] = 0;
            }
        }
    }
}
