package io.kanerva.onnx.reference;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Matrix products and normalisations. */
final class LayerKernels {
    private LayerKernels() {}

    static void register(Map<String, Kernel> table) {
        table.put("MatMul", Kernel.of((a, in) -> matMul(in.get(0), in.get(1))));
        table.put("Gemm", Kernel.of(LayerKernels::gemm));
        table.put("BatchNormalization", Kernel.of(LayerKernels::batchNormalization));
        table.put("LayerNormalization", (a, in, outputs) -> List.of(layerNormalization(a, in)));
        table.put("RMSNormalization", Kernel.of(LayerKernels::rootMeanSquare));
        table.put("Attention", Kernel.of(LayerKernels::attention));
    }

    static Array matMul(Array a, Array b) {
        if (a.rank() == 1) {
            Array row = matMul(a.withShape(1, a.shape()[0]), b);
            int[] shape = row.shape();
            // A vector's product with a vector has lost its columns already.
            int gone = shape.length - (b.rank() == 1 ? 1 : 2);
            return row.withShape(IntStream.range(0, shape.length)
                    .filter(i -> i != gone)
                    .map(i -> shape[i])
                    .toArray());
        }
        if (b.rank() == 1) {
            Array column = matMul(a, b.withShape(b.shape()[0], 1));
            return column.withShape(Arrays.copyOf(column.shape(), column.rank() - 1));
        }
        int rows = a.shape()[a.rank() - 2];
        int inner = a.shape()[a.rank() - 1];
        int columns = b.shape()[b.rank() - 1];
        if (b.shape()[b.rank() - 2] != inner) {
            throw new IllegalArgumentException(Arrays.toString(a.shape()) + " times " + Arrays.toString(b.shape()));
        }
        int[] batch =
                Array.broadcastShape(Arrays.copyOf(a.shape(), a.rank() - 2), Arrays.copyOf(b.shape(), b.rank() - 2));
        Array left = a.broadcast(IntStream.concat(Arrays.stream(batch), IntStream.of(rows, inner))
                .toArray());
        Array right = b.broadcast(IntStream.concat(Arrays.stream(batch), IntStream.of(inner, columns))
                .toArray());
        double[] values = new double[Array.count(batch) * rows * columns];
        for (int m = 0; m < Array.count(batch); m++) {
            for (int r = 0; r < rows; r++) {
                for (int i = 0; i < inner; i++) {
                    double factor = left.data()[(m * rows + r) * inner + i];
                    for (int c = 0; c < columns; c++) {
                        values[(m * rows + r) * columns + c] += factor * right.data()[(m * inner + i) * columns + c];
                    }
                }
            }
        }
        return new Array(
                a.type(),
                IntStream.concat(Arrays.stream(batch), IntStream.of(rows, columns))
                        .toArray(),
                values);
    }

    private static Array gemm(Attributes a, List<Array> in) {
        Array left = a.integer("transA", 0) == 1 ? MovementKernels.transpose(in.get(0), 1, 0) : in.get(0);
        Array right = a.integer("transB", 0) == 1 ? MovementKernels.transpose(in.get(1), 1, 0) : in.get(1);
        Array product = matMul(left, right).map(x -> a.real("alpha", 1) * x);
        Array bias = Kernel.optional(in, 2);
        return bias == null ? product : Array.combine(product, bias, (x, y) -> x + a.real("beta", 1) * y);
    }

    /** Inputs are x, scale, bias, mean and variance; axis 1 is the channels'. */
    private static Array batchNormalization(Attributes a, List<Array> in) {
        Array x = in.get(0);
        int inner = Array.strides(x.shape())[1];
        double[] values = x.data().clone();
        for (int i = 0; i < values.length; i++) {
            int c = i / inner % x.shape()[1];
            values[i] = (values[i] - in.get(3).data()[c])
                            / Math.sqrt(in.get(4).data()[c] + a.real("epsilon", 1e-5))
                            * in.get(1).data()[c]
                    + in.get(2).data()[c];
        }
        return new Array(x.type(), x.shape(), values);
    }

    private static Array layerNormalization(Attributes a, List<Array> in) {
        Array x = in.get(0);
        int[] axes = IntStream.range(x.axis(a.integer("axis", -1)), x.rank()).toArray();
        Array mean = ReductionKernels.reduce(
                x, axes, true, row -> Arrays.stream(row).average().orElseThrow());
        Array centred = Array.combine(x, mean, (p, q) -> p - q);
        Array variance = ReductionKernels.reduce(
                centred,
                axes,
                true,
                row -> Arrays.stream(row).map(v -> v * v).average().orElseThrow());
        Array normal = Array.combine(centred, variance, (p, q) -> p / Math.sqrt(q + a.real("epsilon", 1e-5)));
        Array scaled = Array.combine(normal, in.get(1), (p, q) -> p * q);
        return Kernel.optional(in, 2) == null ? scaled : Array.combine(scaled, in.get(2), Double::sum);
    }

    private static Array rootMeanSquare(Attributes a, List<Array> in) {
        Array x = in.get(0);
        int[] axes = IntStream.range(x.axis(a.integer("axis", -1)), x.rank()).toArray();
        Array mean = ReductionKernels.reduce(
                x,
                axes,
                true,
                row -> Arrays.stream(row).map(v -> v * v).average().orElseThrow());
        Array normal = Array.combine(x, mean, (p, q) -> p / Math.sqrt(q + a.real("epsilon", 1e-5)));
        return Array.combine(normal, in.get(1), (p, q) -> p * q);
    }

    /** Queries, keys and values of four dimensions, and a mask of numbers that are added. */
    private static Array attention(Attributes a, List<Array> in) {
        double scale = a.real("scale", 1 / Math.sqrt(in.get(0).shape()[3]));
        Array scores = matMul(in.get(0), MovementKernels.transpose(in.get(1), 0, 1, 3, 2))
                .map(x -> x * scale);
        Array mask = Kernel.optional(in, 3);
        Array masked = mask == null ? scores : Array.combine(scores, mask, Double::sum);
        int[] last = {3};
        Array largest = ReductionKernels.reduce(
                masked, last, true, row -> Arrays.stream(row).max().orElseThrow());
        Array powers = Array.combine(masked, largest, (x, max) -> Math.exp(x - max));
        Array sums = ReductionKernels.reduce(
                powers, last, true, row -> Arrays.stream(row).sum());
        return matMul(Array.combine(powers, sums, (x, sum) -> x / sum), in.get(2));
    }
}
