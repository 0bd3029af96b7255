package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/** Batch and layer normalisation. */
final class Normalisations {
    private static final int LAYER_NORMALIZATION_SINCE = 17;

    private Normalisations() {}

    static void register(Operators table) {
        table.put(
                "batchNorm",
                "BatchNormalization, with Transpose for other axes than 1; ReduceMean, Sub, Mul, Sqrt, Div with "
                        + "the batch's statistics",
                Normalisations::batchNorm);
        table.put(
                "layerNorm",
                "LayerNormalization from opset 17 on; ReduceMean, Sub, Mul, Sqrt, Div before",
                Normalisations::layerNorm);
    }

    /** Inputs are x, mean, variance, gamma, beta; ONNX normalises axis 1. */
    private static Value batchNorm(GraphBuilder g, Operation op, List<Value> in) {
        if (op.flag("training")) {
            return batchStatistics(g, op, in);
        }
        int axis = op.number("axis") == -1 ? 1 : (int) op.number("axis");
        if (axis != 1 && op.inputs().stream().skip(1).allMatch(operand -> operand != null && operand.isConstant())) {
            return scaleAndShift(g, op, in.get(0), axis);
        }
        long[] swapped = LongStream.range(0, op.input().rank())
                .map(i -> i == 1 ? axis : i == axis ? 1 : i)
                .toArray();
        Value x = axis == 1 ? in.get(0) : g.node("Transpose", List.of(in.get(0)), "perm", swapped);
        Value y =
                g.node("BatchNormalization", List.of(x, in.get(3), in.get(4), in.get(1), in.get(2)), "epsilon", (float)
                        op.real("epsilon"));
        return axis == 1 ? y : g.node("Transpose", List.of(y), "perm", swapped);
    }

    /** An axis other than ONNX's would need two transposes; with constant statistics, x a + b does without. */
    private static Value scaleAndShift(GraphBuilder g, Operation op, Value x, int axis) {
        ElementType type = op.output().type();
        double[][] vectors = op.inputs().stream()
                .skip(1)
                .map(operand -> operand.constant().doubles())
                .toArray(double[][]::new);
        double[] scale = new double[vectors[0].length];
        double[] shift = new double[scale.length];
        for (int c = 0; c < scale.length; c++) {
            scale[c] = vectors[2][c] / Math.sqrt(vectors[1][c] + op.real("epsilon"));
            shift[c] = vectors[3][c] - vectors[0][c] * scale[c];
        }
        long[] shape = new long[op.input().rank() - axis];
        Arrays.fill(shape, 1);
        shape[0] = scale.length;
        String name = op.inputs().get(3).name();
        String path = name.substring(0, name.lastIndexOf('/') + 1);
        Value scaled = g.node("Mul", x, folded(g, path, "scale", Tensor.of(type, scale, shape)));
        return g.node("Add", scaled, folded(g, path, "shift", Tensor.of(type, shift, shape)));
    }

    private static Value folded(GraphBuilder g, String path, String name, Tensor tensor) {
        return path.isEmpty() ? g.constant(tensor) : g.initializer(path + name, tensor);
    }

    /** Normalises with the mean and the biased variance over all axes but one. */
    private static Value batchStatistics(GraphBuilder g, Operation op, List<Value> in) {
        int rank = op.input().rank();
        int axis = op.number("axis") == -1 ? 1 : (int) op.number("axis");
        long[] others = LongStream.range(0, rank).filter(i -> i != axis).toArray();
        Value centred = g.node("Sub", in.get(0), Reductions.reduce(g, "ReduceMean", in.get(0), others, true));
        Value variance = Reductions.reduce(g, "ReduceMean", g.node("Mul", centred, centred), others, true);
        Value deviation =
                g.node("Sqrt", g.node("Add", variance, g.scalar(op.output().type(), op.real("epsilon"))));
        Value y = g.node("Div", centred, deviation);
        // A vector of channels broadcasts along the last axis; for another channel axis it needs trailing axes of size
        // one.
        Value trailing = g.integers(LongStream.range(1, rank - axis).toArray());
        for (int i : new int[] {3, 4}) {
            if (in.get(i) != Value.ABSENT) {
                Value vector = axis == rank - 1 ? in.get(i) : g.node("Unsqueeze", in.get(i), trailing);
                y = g.node(i == 3 ? "Mul" : "Add", y, vector);
            }
        }
        return y;
    }

    private static Value layerNorm(GraphBuilder g, Operation op, List<Value> in) {
        int axes = op.sizes("shape").size();
        ElementType weights = op.inputs().get(1).type();
        if (weights != op.input().type()) {
            Value x = new Value(
                    g.cast(in.get(0), weights).name(), weights, in.get(0).shape());
            return g.cast(
                    normalized(g, op, List.of(x, in.get(1), in.get(2)), weights, axes),
                    op.output().type());
        }
        return normalized(g, op, in, weights, axes);
    }

    private static Value normalized(GraphBuilder g, Operation op, List<Value> in, ElementType type, int axes) {
        if (g.opset() >= LAYER_NORMALIZATION_SINCE) {
            return g.node("LayerNormalization", in, "axis", -axes, "epsilon", (float) op.real("epsilon"));
        }
        long[] last = LongStream.range(-axes, 0).toArray();
        Value centred = g.node("Sub", in.get(0), Reductions.reduce(g, "ReduceMean", in.get(0), last, true));
        Value variance = Reductions.reduce(g, "ReduceMean", g.node("Mul", centred, centred), last, true);
        Value deviation = g.node("Sqrt", g.node("Add", variance, g.scalar(type, op.real("epsilon"))));
        Value scaled = g.node("Mul", g.node("Div", centred, deviation), in.get(1));
        return g.node("Add", scaled, in.get(2));
    }
}
