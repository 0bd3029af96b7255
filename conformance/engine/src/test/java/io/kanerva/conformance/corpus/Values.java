package io.kanerva.conformance.corpus;

import com.google.protobuf.ByteString;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.util.Arrays;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** Tensors, and ways to spoil them. */
final class Values {
    private Values() {}

    static Tensor floats(double... values) {
        return Tensor.of(ElementType.FLOAT32, values, values.length);
    }

    static Tensor shaped(float[] values, long... shape) {
        return Tensor.of(values, shape);
    }

    static Tensor longs(long... values) {
        return Tensor.of(values, values.length);
    }

    static Tensor scalar(ElementType type, double value) {
        return Tensor.of(type, new double[] {value});
    }

    static Tensor strings(String... values) {
        return Tensor.of(Stream.of(values).map(ByteString::copyFromUtf8).toList(), values.length);
    }

    static Tensor normal(long seed, long... shape) {
        Random random = new Random(seed);
        return Tensor.of(ElementType.FLOAT32, random::nextGaussian, shape);
    }

    /** Whole numbers from {@code least} to below {@code most}. */
    static Tensor whole(ElementType type, long seed, int least, int most, long... shape) {
        Random random = new Random(seed);
        return Tensor.of(type, () -> least + random.nextInt(most - least), shape);
    }

    /** Multiplies all values. */
    static UnaryOperator<Tensor> times(double factor) {
        return tensor -> Tensor.of(
                tensor.type(),
                Arrays.stream(tensor.doubles()).map(value -> value * factor).toArray(),
                tensor.shape());
    }

    /** Adds to one element. */
    static UnaryOperator<Tensor> plus(int index, double by) {
        return set(index, Double.NaN, by);
    }

    /** Replaces one element. */
    static UnaryOperator<Tensor> at(int index, double value) {
        return set(index, value, 0);
    }

    private static UnaryOperator<Tensor> set(int index, double value, double by) {
        return tensor -> {
            double[] values = tensor.doubles();
            values[index] = by == 0 ? value : values[index] + by;
            return Tensor.of(tensor.type(), values, tensor.shape());
        };
    }
}
