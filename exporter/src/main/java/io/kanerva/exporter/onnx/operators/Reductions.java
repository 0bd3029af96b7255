package io.kanerva.exporter.onnx.operators;

import ai.djl.ndarray.types.DataType;
import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operation;
import java.util.ArrayList;
import java.util.List;

/** Sums, means, extremes and norms over axes; positions of extremes; running sums. */
final class Reductions {
    private static final int AXES_ARE_INPUTS_SINCE = 18;

    private Reductions() {
    }

    static void register(Operators table) {
        table.putSingle("sum", (g, op, in) -> reduce(g, op, in, "ReduceSum"));
        table.putSingle("mean", (g, op, in) -> reduce(g, op, in, "ReduceMean"));
        table.putSingle("max", (g, op, in) -> reduce(g, op, in, "ReduceMax"));
        table.putSingle("min", (g, op, in) -> reduce(g, op, in, "ReduceMin"));
        table.putSingle("prod", (g, op, in) -> reduce(g, op, in, "ReduceProd"));
        table.putSingle("norm", Reductions::norm);
        table.putSingle("normalize", Reductions::normalize);
        table.putSingle("argMax", (g, op, in) -> position(g, op, in, "ArgMax"));
        table.putSingle("argMin", (g, op, in) -> position(g, op, in, "ArgMin"));
        table.putSingle("cumSum", (g, op, in) -> g.node("CumSum", List.of(g.cast(in.get(0), op.output().type()),
                g.scalar(DataType.INT64, op.number("axis")))));
        table.put("topK", Reductions::topK);
    }

    private static Value reduce(GraphBuilder g, Operation op, List<Value> in, String onnx) {
        boolean keep = op.has("keepDims") && op.flag("keepDims");
        long[] axes = op.has("axes") ? op.numbers("axes") : new long[0];
        return reduce(g, onnx, g.cast(in.get(0), op.output().type()), axes, keep);
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
        long order = op.has("order") ? op.number("order") : 2;
        return reduce(g, op, in, reduction(order));
    }

    private static String reduction(double order) {
        if (order != 1 && order != 2) {
            throw new UnsupportedOperationException("norms of order 1 and 2 are exported, found " + order);
        }
        return order == 1 ? "ReduceL1" : "ReduceL2";
    }

    private static Value normalize(GraphBuilder g, Operation op, List<Value> in) {
        Value norm = reduce(g, reduction(op.real("order")), in.get(0), new long[] {op.number("axis")}, true);
        Value floor = g.node("Max", List.of(norm, g.scalar(op.output().type(), op.real("epsilon"))));
        return g.node("Div", List.of(in.get(0), floor));
    }

    private static Value position(GraphBuilder g, Operation op, List<Value> in, String onnx) {
        if (op.has("axis")) {
            return g.node(onnx, in, "axis", op.number("axis"), "keepdims", 0);
        }
        Value flat = g.node("Reshape", List.of(in.get(0), g.integers(-1)));
        return g.node(onnx, List.of(flat), "axis", 0, "keepdims", 0);
    }

    private static List<Value> topK(GraphBuilder g, Operation op, List<Value> in) {
        return new ArrayList<>(g.nodes("TopK", 2, List.of(in.get(0), g.size(op.size("k"))), "axis", op.number("axis"),
                "largest", op.flag("largest") ? 1 : 0, "sorted", op.flag("sorted") ? 1 : 0));
    }
}
