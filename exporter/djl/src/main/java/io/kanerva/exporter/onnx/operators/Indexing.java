package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.onnx.operators.IndexParts.ArrayPart;
import io.kanerva.exporter.onnx.operators.IndexParts.PositionPart;
import io.kanerva.exporter.onnx.operators.IndexParts.SlicePart;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.onnx.ElementType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Reads parts of an array with any kind of index. */
final class Indexing {
    private Indexing() {}

    static void register(Operators table) {
        table.put(
                "get",
                "Slice, Gather, Unsqueeze; GatherND for several arrays, Compress (and "
                        + "Reshape) for masks, GatherElements for pick",
                (g, op, in) -> get(g, IndexParts.of(op, in), in.get(0)));
        table.put(
                "set",
                "Where for a number in a box or under a mask; otherwise ScatterElements "
                        + "(Reshape, Range, Expand) where the index selects, with the operators of "
                        + "get: Slice, Gather, GatherND, Compress",
                Assigning::set);
    }

    /** The part of x that an index selects. */
    static Value get(GraphBuilder g, IndexParts index, Value x) {
        Value part = sliced(g, index.slices(), x);
        List<PositionPart> positions = index.positions();
        for (int i = positions.size() - 1; i >= 0; i--) {
            part = g.node(
                    "Gather",
                    List.of(part, scalar(g, positions.get(i).position())),
                    "axis",
                    positions.get(i).axis());
        }
        if (!index.newAxes().isEmpty()) {
            part = g.node(
                    "Unsqueeze",
                    part,
                    g.integers(index.newAxes().stream().mapToLong(a -> a).toArray()));
        }
        List<ArrayPart> arrays = index.arrays();
        if (arrays.isEmpty()) {
            return part;
        }
        return arrays.size() == 1
                ? byOneArray(g, part, arrays.get(0), index.rank())
                : bySeveral(g, part, arrays, index.rank());
    }

    private static Value sliced(GraphBuilder g, List<SlicePart> slices, Value x) {
        if (slices.isEmpty()) {
            return x;
        }
        return g.node(
                "Slice",
                x,
                g.sizes(slices.stream().map(SlicePart::start).toList()),
                g.sizes(slices.stream().map(SlicePart::end).toList()),
                g.integers(slices.stream().mapToLong(SlicePart::axis).toArray()),
                g.sizes(slices.stream().map(SlicePart::step).toList()));
    }

    private static Value scalar(GraphBuilder g, Size size) {
        return size.isFixed() ? g.scalar(ElementType.INT64, size.value()) : g.element(g.size(size));
    }

    private static Value byOneArray(GraphBuilder g, Value x, ArrayPart array, int rank) {
        return switch (array.kind()) {
            case "take" -> g.node("Gather", List.of(x, Selections.positions(g, array.value())), "axis", array.axis());
            case "pick" -> {
                Value positions = Selections.positions(g, array.value());
                int missing = rank - array.operand().rank();
                Value same = missing == 0
                        ? positions
                        : g.node(
                                "Unsqueeze",
                                positions,
                                g.integers(
                                        LongStream.range(rank - missing, rank).toArray()));
                yield g.node("GatherElements", List.of(x, same), "axis", array.axis());
            }
            default ->
                g.node(
                        "Compress",
                        List.of(merged(g, x, array, rank), Selections.flat(g, array.value())),
                        "axis",
                        array.axis());
        };
    }

    /** Merges the axes of a mask into one. */
    private static Value merged(GraphBuilder g, Value x, ArrayPart mask, int rank) {
        if (mask.axes() == 1) {
            return x;
        }
        List<Value> shape = new ArrayList<>();
        for (int axis = 0; axis < rank; axis++) {
            if (axis < mask.axis()) {
                shape.add(g.integers(0));
            } else if (axis == mask.axis()) {
                shape.add(g.integers(-1));
            } else if (axis >= mask.axis() + mask.axes()) {
                shape.add(g.sizeOf(x, axis));
            }
        }
        return g.node("Reshape", x, shape.size() == 1 ? shape.get(0) : g.node("Concat", shape, "axis", 0));
    }

    /**
     * Arrays of positions are broadcast against each other and applied together; a mask stands for the positions where
     * it is true. As in PyTorch, their common axes replace the arrays' axes, or come first if other axes are between
     * the arrays.
     */
    private static Value bySeveral(GraphBuilder g, Value x, List<ArrayPart> arrays, int rank) {
        List<Value> positions = new ArrayList<>();
        List<Long> axes = new ArrayList<>();
        int common = 1;
        for (ArrayPart array : arrays) {
            if (array.kind().equals("pick")) {
                throw new UnsupportedOperationException("a pick is exported as the only array of an index");
            }
            Value where = array.kind().equals("mask") ? g.node("NonZero", array.value()) : null;
            for (int i = 0; i < array.axes(); i++) {
                axes.add((long) array.axis() + i);
                positions.add(
                        where == null
                                ? g.cast(array.value(), ElementType.INT64)
                                : g.node("Gather", List.of(where, g.scalar(ElementType.INT64, i)), "axis", 0));
            }
            common = Math.max(common, where == null ? array.operand().rank() : 1);
        }
        Value zeros = null;
        for (Value each : positions) {
            Value zero = g.node("Mul", each, g.scalar(ElementType.INT64, 0));
            zeros = zeros == null ? zero : g.node("Add", zeros, zero);
        }
        List<Value> columns = new ArrayList<>();
        for (Value each : positions) {
            columns.add(g.node("Unsqueeze", g.node("Add", each, zeros), g.integers(-1)));
        }
        List<Long> others = LongStream.range(0, rank)
                .boxed()
                .filter(axis -> !axes.contains(axis))
                .toList();
        long[] order = LongStream.concat(
                        axes.stream().mapToLong(a -> a), others.stream().mapToLong(a -> a))
                .toArray();
        Value front = g.node("Transpose", List.of(x), "perm", order);
        Value found = g.node("GatherND", front, g.node("Concat", columns, "axis", -1));
        long before = axes.get(0);
        boolean isAdjacent = axes.get(axes.size() - 1) - before == axes.size() - 1;
        return isAdjacent && before > 0 ? moved(g, found, common, (int) before, common + others.size()) : found;
    }

    /** Moves the first axes behind some others. */
    private static Value moved(GraphBuilder g, Value x, int first, int before, int rank) {
        IntStream order = IntStream.concat(
                IntStream.range(first, first + before),
                IntStream.concat(IntStream.range(0, first), IntStream.range(first + before, rank)));
        return g.node("Transpose", List.of(x), "perm", order.asLongStream().toArray());
    }
}
