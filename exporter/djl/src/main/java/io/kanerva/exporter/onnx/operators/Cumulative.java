package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.onnx.ElementType;
import java.util.List;
import java.util.stream.LongStream;

/** Running sums and products, and differences of adjacent elements. */
final class Cumulative {
    private Cumulative() {}

    static void register(Operators table) {
        table.put("cumSum", "CumSum", Cumulative::sum);
        table.put(
                "cumProd",
                "Where with a triangle (Range, LessOrEqual), ReduceProd, Transpose (n^2 values for n elements)",
                Cumulative::product);
        table.put("diff", "Slice, Sub", Cumulative::difference);
    }

    private static Value sum(GraphBuilder g, Operation op, List<Value> in) {
        Value x = g.cast(in.get(0), op.output().type());
        if (op.input().rank() == 0) {
            return g.node("Reshape", x, g.integers(1));
        }
        return g.node("CumSum", x, g.scalar(ElementType.INT64, op.has("axis") ? op.number("axis") : 0));
    }

    /** Row i of a triangle holds the first i + 1 elements and ones; its product is element i of the result. */
    private static Value product(GraphBuilder g, Operation op, List<Value> in) {
        int rank = op.input().rank();
        int axis = Math.floorMod((int) op.number("axis"), rank);
        ElementType type = op.output().type();
        long[] swapped = LongStream.range(0, rank)
                .map(i -> i == axis ? rank - 1 : i == rank - 1 ? axis : i)
                .toArray();
        Value x = g.node("Transpose", List.of(g.cast(in.get(0), type)), "perm", swapped);
        Value positions = g.range(op.input().shape().get(axis), in.get(0), axis);
        Value isBefore = g.node("LessOrEqual", positions, g.node("Unsqueeze", positions, g.integers(1)));
        Value rows = g.node("Where", isBefore, g.node("Unsqueeze", x, g.integers(-2)), g.scalar(type, 1));
        return g.node(
                "Transpose",
                List.of(Reductions.reduce(g, "ReduceProd", rows, new long[] {-1}, false)),
                "perm",
                swapped);
    }

    private static Value difference(GraphBuilder g, Operation op, List<Value> in) {
        Value axis = g.integers(op.number("axis"));
        boolean isLogical = op.output().type() == ElementType.BOOL;
        Value x = in.get(0);
        for (long i = 0; i < op.number("times"); i++) {
            Value later = g.node("Slice", x, g.integers(1), g.integers(Long.MAX_VALUE), axis);
            Value earlier = g.node("Slice", x, g.integers(0), g.integers(-1), axis);
            x = g.node(isLogical ? "Xor" : "Sub", List.of(later, earlier));
        }
        return x;
    }
}
