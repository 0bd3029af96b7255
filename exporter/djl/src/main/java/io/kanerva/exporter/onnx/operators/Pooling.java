package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Pooling over windows of the axes after batch and channel, and global pooling, which in DJL returns (N, C).
 *
 * <p>With {@code ceil}, the engine counts a partial window if it begins inside the input or the padding before it.
 * ONNX's shape inference (before opset 22) counts all partial windows, and rejects a graph that declares fewer. So
 * where sizes are fixed, the mode is not used: the padding after the input is extended for the windows that count.
 */
final class Pooling {
    private Pooling() {}

    static void register(Operators table) {
        table.put("maxPool", "MaxPool", Operators.ofFloats("MaxPool", Pooling::maxPool));
        table.put("avgPool", "AveragePool", Operators.ofFloats("AveragePool", Pooling::averagePool));
        table.put(
                "lpPool",
                "LpPool for even orders; Pow, AveragePool, Mul for others",
                Operators.ofFloats("LpPool", Pooling::lpPool));
        table.put(
                "globalLpPool",
                "ReduceL2 for order 2; Pow, ReduceSum for others",
                Operators.ofFloats("ReduceL2", Pooling::globalLpPool));
        table.put("globalMaxPool", "GlobalMaxPool, Flatten", global("GlobalMaxPool"));
        table.put("globalAvgPool", "GlobalAveragePool, Flatten", global("GlobalAveragePool"));
    }

    private static Value maxPool(GraphBuilder g, Operation op, List<Value> in) {
        return g.node(
                "MaxPool",
                List.of(apartFromPad(g, in.get(0))),
                "kernel_shape",
                op.numbers("kernel"),
                "strides",
                op.numbers("stride"),
                "pads",
                pads(op),
                "ceil_mode",
                hasFixedSizes(op) || !op.flag("ceil") ? 0 : 1);
    }

    /**
     * ONNX Runtime 1.29 makes zeros that are padded part of the pool behind them: a maximum does not see them any more,
     * and a pool with padding of its own may get more than its kernel can have. A node between them that changes
     * nothing keeps them apart.
     */
    static Value apartFromPad(GraphBuilder g, Value x) {
        boolean isPadded = g.producer(x.name()).filter(node -> node.is("Pad")).isPresent();
        return isPadded ? g.node("Clip", x) : x;
    }

    /** DJL's PyTorch engine (0.36.0) counts the padding regardless of the argument, and so does the model. */
    private static Value averagePool(GraphBuilder g, Operation op, List<Value> in) {
        long[] pads = pads(op);
        Value mean = g.node(
                "AveragePool",
                List.of(apartFromPad(g, in.get(0))),
                "kernel_shape",
                op.numbers("kernel"),
                "strides",
                op.numbers("stride"),
                "pads",
                pads,
                "ceil_mode",
                hasFixedSizes(op) || !op.flag("ceil") ? 0 : 1,
                "count_include_pad",
                1);
        Value result = mean;
        for (int axis = 0; axis < pads.length / 2; axis++) {
            if (pads[axis + pads.length / 2] > pads[axis]) {
                // The engine does not count the added padding.
                result = g.node("Mul", result, g.constant(factors(op, axis)));
            }
        }
        return result;
    }

    private static boolean hasFixedSizes(Operation op) {
        return op.input().shape().stream().skip(2).allMatch(Size::isFixed);
    }

    /** Padding before all axes, then after them. */
    private static long[] pads(Operation op) {
        long[] padding = op.numbers("padding");
        if (!op.flag("ceil") || !hasFixedSizes(op)) {
            return LinearMaps.twice(padding);
        }
        return LongStream.concat(
                        LongStream.of(padding),
                        IntStream.range(0, padding.length)
                                .mapToLong(axis -> padding[axis] + Math.max(0, excess(op, axis))))
                .toArray();
    }

    /** The length by which the last window exceeds the padded input; negative if it ends inside. */
    private static long excess(Operation op, int axis) {
        long windows = op.output().shape().get(axis + 2).value();
        return (windows - 1) * op.numbers("stride")[axis]
                + op.numbers("kernel")[axis]
                - op.input().shape().get(axis + 2).value()
                - 2 * op.numbers("padding")[axis];
    }

    /**
     * For each window along an axis, its length divided by the length inside the padded input; broadcasts along that
     * axis.
     */
    private static Tensor factors(Operation op, int axis) {
        long[] shape = new long[op.output().rank() - 2 - axis];
        Arrays.fill(shape, 1);
        shape[0] = op.output().shape().get(axis + 2).value();
        float[] factors = new float[(int) shape[0]];
        Arrays.fill(factors, 1);
        float kernel = op.numbers("kernel")[axis];
        factors[factors.length - 1] = kernel / (kernel - excess(op, axis));
        return Tensor.of(factors, shape);
    }

    private static Lowering.Single global(String onnx) {
        return Operators.ofFloats(onnx, (g, op, in) -> g.node("Flatten", List.of(g.node(onnx, in)), "axis", 1));
    }

    private static boolean isEven(double order) {
        return order > 0 && order % 2 == 0;
    }

    /** (sum x^p)^(1/p) over each window. PyTorch takes powers of x, ONNX of |x|, which is the same for even orders. */
    private static Value lpPool(GraphBuilder g, Operation op, List<Value> in) {
        double order = op.real("order");
        long[] kernel = op.numbers("kernel");
        if (op.flag("ceil")) {
            throw new UnsupportedOperationException(
                    "lpPool with ceil mode weights the windows at the border in an engine-specific way; "
                            + "use floor mode or pad before");
        }
        if (isEven(order)) {
            return g.node("LpPool", in, "kernel_shape", kernel, "strides", op.numbers("stride"), "p", (long) order);
        }
        ElementType type = op.output().type();
        Value powers = g.node("Pow", in.get(0), g.scalar(type, order));
        Value means = g.node("AveragePool", List.of(powers), "kernel_shape", kernel, "strides", op.numbers("stride"));
        Value sums = g.node("Mul", means, g.scalar(type, LongStream.of(kernel).reduce(1, (a, b) -> a * b)));
        return g.node("Pow", sums, g.scalar(type, 1 / order));
    }

    private static Value globalLpPool(GraphBuilder g, Operation op, List<Value> in) {
        double order = op.real("order");
        ElementType type = op.output().type();
        long[] axes = LongStream.range(2, op.input().rank()).toArray();
        if (isEven(order)) {
            return Reductions.norm(g, type, order, in.get(0), axes, false);
        }
        Value powers = g.node("Pow", in.get(0), g.scalar(type, order));
        return g.node("Pow", Reductions.reduce(g, "ReduceSum", powers, axes, false), g.scalar(type, 1 / order));
    }
}
