package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.onnx.ElementType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;

/** Elements in another order: flips, rotations, and diagonals. */
final class Arrangements {
    private Arrangements() {}

    static void register(Operators table) {
        table.put("flip", "Slice", (g, op, in) -> flip(g, in.get(0), op.numbers("axes")));
        table.put("rotate90", "Slice, Transpose", Arrangements::rotate90);
        table.put("diagonal", "Transpose, Reshape, Range, Gather", Arrangements::diagonal);
    }

    /** Reverses axes. */
    static Value flip(GraphBuilder g, Value x, long... axes) {
        List<Size> back = Collections.nCopies(axes.length, Size.fixed(-1));
        List<Size> beginning = Collections.nCopies(axes.length, Size.fixed(Long.MIN_VALUE));
        return g.node("Slice", x, g.sizes(back), g.sizes(beginning), g.integers(axes), g.sizes(back));
    }

    /** A rotation by 90 degrees from the first axis to the second is a flip of the second and a transpose. */
    private static Value rotate90(GraphBuilder g, Operation op, List<Value> in) {
        int rank = op.input().rank();
        long[] axes = Arrays.stream(op.numbers("axes"))
                .map(axis -> Math.floorMod(axis, (long) rank))
                .toArray();
        long times = Math.floorMod(op.number("times"), 4L);
        if (times == 0) {
            return in.get(0);
        }
        if (times == 2) {
            return flip(g, in.get(0), axes);
        }
        long[] order = LongStream.range(0, rank)
                .map(i -> i == axes[0] ? axes[1] : i == axes[1] ? axes[0] : i)
                .toArray();
        return g.node("Transpose", List.of(flip(g, in.get(0), axes[times == 1 ? 1 : 0])), "perm", order);
    }

    /**
     * Moves the two axes, of sizes m and n, to the end and flattens them; the diagonal's elements are n + 1 apart
     * there, and the first one is at row max(0, -offset) and column max(0, offset).
     */
    private static Value diagonal(GraphBuilder g, Operation op, List<Value> in) {
        int rank = op.input().rank();
        long offset = op.has("offset") ? op.number("offset") : 0;
        int first = Math.floorMod(op.has("first") ? (int) op.number("first") : 0, rank);
        int second = Math.floorMod(op.has("second") ? (int) op.number("second") : 1, rank);
        List<Long> order = new ArrayList<>();
        LongStream.range(0, rank).filter(i -> i != first && i != second).forEach(order::add);
        order.add((long) first);
        order.add((long) second);
        Value moved = g.node(
                "Transpose",
                List.of(in.get(0)),
                "perm",
                order.stream().mapToLong(i -> i).toArray());
        // In Reshape, 0 keeps a size, and -1 stands for the last one unless another one may be 0.
        List<Size> flattened = new ArrayList<>(Collections.nCopies(rank - 2, Size.fixed(0)));
        List<Size> from = op.input().shape();
        Size product = from.get(first).times(from.get(second));
        boolean canBeEmpty = product.isKnown() && from.stream().anyMatch(g::canBeZero);
        flattened.add(canBeEmpty ? product : Size.fixed(-1));
        Value flat = g.node("Reshape", moved, g.sizes(flattened));
        long row = Math.max(0, -offset);
        long column = Math.max(0, offset);
        Value length = length(g, op, in, first, second, row, column);
        Value width = g.size(op.input().shape().get(second), in.get(0), second);
        Value counts = g.node("Range", integer(g, 0), g.element(length), integer(g, 1));
        Value start = g.node("Add", g.node("Mul", width, g.integers(row)), g.integers(column));
        Value step = g.node("Add", width, g.integers(1));
        Value positions = g.node("Add", start, g.node("Mul", counts, step));
        return g.node("Gather", List.of(flat, positions), "axis", rank - 2);
    }

    private static Value length(
            GraphBuilder g, Operation op, List<Value> in, int first, int second, long row, long column) {
        Size known = op.output().shape().get(op.output().rank() - 1);
        if (known.isKnown()) {
            return g.size(known);
        }
        Value rows = g.node("Sub", g.size(op.input().shape().get(first), in.get(0), first), g.integers(row));
        Value columns = g.node("Sub", g.size(op.input().shape().get(second), in.get(0), second), g.integers(column));
        return g.node("Min", rows, columns);
    }

    private static Value integer(GraphBuilder g, long value) {
        return g.scalar(ElementType.INT64, value);
    }
}
