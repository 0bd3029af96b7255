package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.onnx.ElementType;
import java.util.List;
import java.util.stream.LongStream;

/** Sums, means, extremes and norms over axes. */
final class Reductions {
    private static final int AXES_ARE_INPUTS_SINCE = 18;

    private Reductions() {}

    static void register(Operators table) {
        table.put("sum", "ReduceSum", (g, op, in) -> reduce(g, op, in, "ReduceSum"));
        table.put(
                "mean",
                "ReduceMean; ReduceSum, ReduceProd and Div of an array that may have no elements",
                Reductions::mean);
        table.put("max", "ReduceMax; TopK, Reshape and Squeeze for int64", (g, op, in) -> extreme(g, op, in, true));
        table.put("min", "ReduceMin; TopK, Reshape and Squeeze for int64", (g, op, in) -> extreme(g, op, in, false));
        table.put("prod", "ReduceProd", (g, op, in) -> reduce(g, op, in, "ReduceProd"));
        table.put("norm", "ReduceL1, ReduceL2; Abs, Pow, ReduceSum for other orders", Reductions::norm);
        table.put(
                "normalize",
                "ReduceL1 or ReduceL2 (Abs, Pow, ReduceSum for other orders), Max, Div",
                Reductions::normalize);
    }

    private static Value reduce(GraphBuilder g, Operation op, List<Value> in, String onnx) {
        ElementType type = op.output().type();
        ElementType inside = Arithmetic.calculated(type);
        Value result = reduce(g, onnx, g.cast(in.get(0), inside), axes(op), keep(op));
        return inside == type ? result : g.cast(result, type);
    }

    private static Value extreme(GraphBuilder g, Operation op, List<Value> in, boolean isLargest) {
        return op.output().type() == ElementType.INT64
                ? LongIntegers.extreme(g, isLargest, in.get(0), op.input().rank(), axes(op), keep(op))
                : reduce(g, op, in, isLargest ? "ReduceMax" : "ReduceMin");
    }

    /**
     * The mean of no elements is NaN, for which ONNX Runtime's ReduceMean has 0: then the sum is divided by their
     * number.
     */
    private static Value mean(GraphBuilder g, Operation op, List<Value> in) {
        long[] axes = axes(op);
        List<Size> from = op.input().shape();
        boolean canBeEmpty = axes.length == 0
                ? from.stream().anyMatch(g::canBeZero)
                : LongStream.of(axes).anyMatch(axis -> g.canBeZero(from.get(Math.floorMod((int) axis, from.size()))));
        if (from.isEmpty() || !canBeEmpty) {
            return reduce(g, op, in, "ReduceMean");
        }
        ElementType type = op.output().type();
        Value shape = g.node("Shape", in.get(0));
        Value sizes = axes.length == 0 ? shape : g.node("Gather", List.of(shape, g.integers(axes)), "axis", 0);
        Value count = g.node("Cast", List.of(reduce(g, "ReduceProd", sizes, new long[0], false)), "to", type.number());
        return g.node("Div", reduce(g, "ReduceSum", g.cast(in.get(0), type), axes, keep(op)), count);
    }

    private static boolean keep(Operation op) {
        return op.has("keepDims") && op.flag("keepDims");
    }

    private static long[] axes(Operation op) {
        return op.has("axes") ? op.numbers("axes") : new long[0];
    }

    /** A reduction; no axes means all. ReduceSum takes its axes as an input since opset 13, the others since 18. */
    static Value reduce(GraphBuilder g, String onnx, Value x, long[] axes, boolean keep) {
        long keepDims = keep ? 1 : 0;
        if (axes.length == 0) {
            return g.node(onnx, List.of(x), "keepdims", keepDims);
        }
        if (onnx.equals("ReduceSum") || g.opset() >= AXES_ARE_INPUTS_SINCE) {
            return g.node(onnx, List.of(x, g.integers(axes)), "keepdims", keepDims);
        }
        return g.node(onnx, List.of(x), "axes", axes, "keepdims", keepDims);
    }

    private static Value norm(GraphBuilder g, Operation op, List<Value> in) {
        double order = op.has("order") ? op.number("order") : 2;
        return norm(g, op.output().type(), order, g.cast(in.get(0), op.output().type()), axes(op), keep(op));
    }

    /** (sum |x|^p)^(1/p); the number of elements that are not 0 for p = 0. */
    static Value norm(GraphBuilder g, ElementType type, double order, Value x, long[] axes, boolean keep) {
        if (order == 1 || order == 2) {
            return reduce(g, order == 1 ? "ReduceL1" : "ReduceL2", x, axes, keep);
        }
        Value size = g.node("Abs", x);
        if (order == 0) {
            return reduce(g, "ReduceSum", g.cast(g.cast(size, ElementType.BOOL), type), axes, keep);
        }
        Value powers = g.node("Pow", size, g.scalar(type, order));
        return g.node("Pow", reduce(g, "ReduceSum", powers, axes, keep), g.scalar(type, 1 / order));
    }

    private static Value normalize(GraphBuilder g, Operation op, List<Value> in) {
        ElementType type = op.output().type();
        Value norm = norm(g, type, op.real("order"), in.get(0), new long[] {op.number("axis")}, true);
        Value floor = g.node("Max", norm, g.scalar(type, op.real("epsilon")));
        return g.node("Div", in.get(0), floor);
    }
}
