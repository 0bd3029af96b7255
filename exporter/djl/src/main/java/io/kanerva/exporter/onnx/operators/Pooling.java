package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.exporter.trace.Size;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Windows over the axes behind batch and channel, and the global ones, which in DJL return (N, C).
 *
 * <p>With {@code ceil}, a window that is only begun counts in the engine if it begins inside the input or the padding
 * before it; ONNX's shape inference (before opset 22) counts all that are begun, and refuses a graph that knows better.
 * So where sizes are fixed, the mode is not used: the padding behind is made long enough for the windows that count.
 */
final class Pooling {
    private Pooling() {}

    static void register(Operators table) {
        table.put("maxPool", "MaxPool", Pooling::maxPool);
        table.put("avgPool", "AveragePool", Pooling::averagePool);
        table.put("lpPool", "LpPool for even orders; Pow, AveragePool, Mul for others", Pooling::lpPool);
        table.put("globalLpPool", "ReduceL2 for order 2; Pow, ReduceSum for others", Pooling::globalLpPool);
        table.put("globalMaxPool", "GlobalMaxPool, Flatten", (g, op, in) -> global(g, in, "GlobalMaxPool"));
        table.put("globalAvgPool", "GlobalAveragePool, Flatten", (g, op, in) -> global(g, in, "GlobalAveragePool"));
    }

    private static Value maxPool(GraphBuilder g, Operation op, List<Value> in) {
        return g.node(
                "MaxPool",
                in,
                "kernel_shape",
                op.numbers("kernel"),
                "strides",
                op.numbers("stride"),
                "pads",
                pads(op),
                "ceil_mode",
                hasFixedSizes(op) || !op.flag("ceil") ? 0 : 1);
    }

    /** DJL's PyTorch engine (0.35.1) counts the padding whatever the argument says, and so does the model. */
    private static Value averagePool(GraphBuilder g, Operation op, List<Value> in) {
        long[] pads = pads(op);
        Value mean = g.node(
                "AveragePool",
                in,
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
                // What was added behind is no padding to the engine, and does not count.
                result = g.node("Mul", result, g.constant(shares(op, axis)));
            }
        }
        return result;
    }

    private static boolean hasFixedSizes(Operation op) {
        return op.input().shape().stream().skip(2).allMatch(Size::isFixed);
    }

    /** Padding before all axes, then behind them. */
    private static long[] pads(Operation op) {
        long[] padding = op.numbers("padding");
        if (!op.flag("ceil") || !hasFixedSizes(op)) {
            return LinearMaps.twice(padding);
        }
        return LongStream.concat(
                        LongStream.of(padding),
                        IntStream.range(0, padding.length)
                                .mapToLong(axis -> padding[axis] + Math.max(0, missing(op, axis))))
                .toArray();
    }

    /** How far the last window reaches beyond the padded input; negative if not at all. */
    private static long missing(Operation op, int axis) {
        long windows = op.output().shape().get(axis + 2).value();
        return (windows - 1) * op.numbers("stride")[axis]
                + op.numbers("kernel")[axis]
                - op.input().shape().get(axis + 2).value()
                - 2 * op.numbers("padding")[axis];
    }

    /** For each window along an axis, its length over the part of it that is padded input; lines up with that axis. */
    private static Tensor shares(Operation op, int axis) {
        long[] shape = new long[op.output().rank() - 2 - axis];
        Arrays.fill(shape, 1);
        shape[0] = op.output().shape().get(axis + 2).value();
        float[] shares = new float[(int) shape[0]];
        Arrays.fill(shares, 1);
        float kernel = op.numbers("kernel")[axis];
        shares[shares.length - 1] = kernel / (kernel - missing(op, axis));
        return Tensor.of(shares, shape);
    }

    private static Value global(GraphBuilder g, List<Value> in, String onnx) {
        return g.node("Flatten", List.of(g.node(onnx, in)), "axis", 1);
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
                    "lpPool with ceil mode weighs the windows at the border in the engine's own way; "
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
