package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.onnx.ElementType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** Sorting, and operations based on it. ONNX sorts with TopK of all elements. */
final class Ordering {
    private Ordering() {}

    static void register(Operators table) {
        table.put("argMax", "ArgMax; of all elements after Reshape", (g, op, in) -> position(g, op, in, "ArgMax"));
        table.put("argMin", "ArgMin; of all elements after Reshape", (g, op, in) -> position(g, op, in, "ArgMin"));
        table.putAll("topK", "TopK; Pad and Slice around it if there may be no rows", Ordering::topK);
        table.put(
                "sort",
                "TopK",
                (g, op, in) ->
                        g.cast(sorted(g, op, in, axis(op)).get(0), op.output().type()));
        table.put("argSort", "TopK; Slice for descending order", Ordering::argSort);
        table.put("median", "TopK, Gather; Sub and Div for the middle of a dynamic size", Ordering::median);
        table.put(
                "percentile",
                "TopK, Gather, Sub, Floor and Ceil for the rank, Mul and Add between two elements",
                Ordering::percentile);
        table.putAll("unique", "Unique; Reshape for the inverse", Ordering::unique);
    }

    /** The axis, counted from the front; by default the last one. */
    private static int axis(Operation op) {
        return axis(op, op.has("axis") ? op.number("axis") : -1);
    }

    private static int firstOfAxes(Operation op) {
        return axis(op, op.has("axes") ? op.numbers("axes")[0] : -1);
    }

    private static int axis(Operation op, long axis) {
        return Math.floorMod((int) axis, Math.max(1, op.input().rank()));
    }

    /** ONNX Runtime sorts floats, and integers of 32 and 64 bits. */
    private static Value comparable(GraphBuilder g, Operation op, List<Value> in) {
        return g.cast(in.get(0), Arithmetic.calculated(op.input().type()));
    }

    private static Value position(GraphBuilder g, Operation op, List<Value> in, String onnx) {
        Value x = comparable(g, op, in);
        if (op.has("axis")) {
            return g.node(onnx, List.of(x), "axis", op.number("axis"), "keepdims", 0);
        }
        Value flat = g.node("Reshape", x, g.integers(-1));
        return g.node(onnx, List.of(flat), "axis", 0, "keepdims", 0);
    }

    private static List<Value> topK(GraphBuilder g, Operation op, List<Value> in) {
        List<Value> found = topK(
                g,
                op,
                List.of(comparable(g, op, in), g.size(op.size("k"))),
                axis(op),
                "largest",
                op.flag("largest") ? 1 : 0,
                "sorted",
                op.flag("sorted") ? 1 : 0);
        ElementType type = op.output().type();
        boolean isSame = Arithmetic.calculated(type) == type;
        return new ArrayList<>(List.of(isSame ? found.get(0) : g.cast(found.get(0), type), found.get(1)));
    }

    /** All elements along an axis in ascending order, and their positions; of the calculated type. */
    private static List<Value> sorted(GraphBuilder g, Operation op, List<Value> in, int axis) {
        Value x = comparable(g, op, in);
        List<Value> found = topK(g, op, List.of(x, length(g, op, in, axis)), axis, "largest", 0, "sorted", 1);
        return List.of(
                new Value(found.get(0).name(), x.type(), null),
                new Value(found.get(1).name(), ElementType.INT64, null));
    }

    /** ONNX Runtime 1.29 divides by the number of rows, and ends the process if there are none: one is added then. */
    private static List<Value> topK(GraphBuilder g, Operation op, List<Value> inputs, int axis, Object... attributes) {
        Object[] all =
                Stream.concat(Stream.of("axis", axis), Stream.of(attributes)).toArray();
        int rank = op.input().rank();
        long[] axes = LongStream.range(0, rank)
                .filter(i -> i != axis && g.canBeZero(op.input().shape().get((int) i)))
                .toArray();
        if (axes.length == 0) {
            return g.nodes("TopK", 2, inputs, all);
        }
        long[] pads = new long[2 * rank];
        LongStream.of(axes).forEach(i -> pads[rank + (int) i] = 1);
        Value padded = g.node("Pad", inputs.get(0), g.integers(pads));
        Value starts = g.integers(new long[axes.length]);
        Value ends = g.integers(LongStream.of(axes).map(i -> -1).toArray());
        return g.nodes("TopK", 2, List.of(padded, inputs.get(1)), all).stream()
                .map(found -> g.node("Slice", found, starts, ends, g.integers(axes)))
                .toList();
    }

    private static Value length(GraphBuilder g, Operation op, List<Value> in, int axis) {
        return g.size(op.input().shape().get(axis), in.get(0), axis);
    }

    /** Descending order is reversed ascending order, as in DJL's PyTorch engine. */
    private static Value argSort(GraphBuilder g, Operation op, List<Value> in) {
        int axis = axis(op);
        Value positions = sorted(g, op, in, axis).get(1);
        return op.flag("ascending") ? positions : Arrangements.flip(g, positions, axis);
    }

    /** PyTorch's median is the lower one of two. */
    private static Value median(GraphBuilder g, Operation op, List<Value> in) {
        int axis = firstOfAxes(op);
        Size size = op.input().shape().get(axis);
        Value middle = size.isFixed()
                ? g.scalar(ElementType.INT64, (size.value() - 1) / 2)
                : g.node(
                        "Div",
                        g.node("Sub", g.element(length(g, op, in, axis)), g.scalar(ElementType.INT64, 1)),
                        g.scalar(ElementType.INT64, 2));
        Value median = g.node("Gather", List.of(sorted(g, op, in, axis).get(0), middle), "axis", axis);
        return Arithmetic.calculated(op.output().type()) == op.output().type()
                ? median
                : g.cast(median, op.output().type());
    }

    /** Sorted element q (n - 1) / 100, interpolated between the two adjacent elements. */
    private static Value percentile(GraphBuilder g, Operation op, List<Value> in) {
        int axis = firstOfAxes(op);
        ElementType type = op.output().type();
        Value last = g.node("Sub", g.element(length(g, op, in, axis)), g.scalar(ElementType.INT64, 1));
        Value rank = g.node(
                "Mul",
                g.cast(new Value(last.name(), ElementType.INT64, List.of()), type),
                g.scalar(type, (float) op.real("percent") / 100));
        Value below = g.node("Floor", rank);
        Value sorted = sorted(g, op, in, axis).get(0);
        Value low = g.node("Gather", List.of(sorted, g.cast(below, ElementType.INT64)), "axis", axis);
        Value high = g.node("Gather", List.of(sorted, g.cast(g.node("Ceil", rank), ElementType.INT64)), "axis", axis);
        Value fraction = g.node("Sub", rank, below);
        return g.node("Add", low, g.node("Mul", fraction, g.node("Sub", high, low)));
    }

    private static List<Value> unique(GraphBuilder g, Operation op, List<Value> in) {
        if (!op.flag("sorted")) {
            throw new UnsupportedOperationException(
                    "the order of unique without sorting depends on the engine; call it with sorted = true");
        }
        ElementType type = op.input().type();
        boolean isKnown = type == ElementType.FLOAT32 || type == ElementType.FLOAT64 || type == ElementType.INT64;
        Value x = isKnown ? in.get(0) : g.cast(in.get(0), type.isFloat() ? ElementType.FLOAT32 : ElementType.INT64);
        Object[] attributes =
                op.has("axis") ? new Object[] {"axis", axis(op), "sorted", 1} : new Object[] {"sorted", 1};
        List<Value> found = g.nodes("Unique", 4, List.of(x), attributes);
        List<Value> results = new ArrayList<>(List.of(isKnown ? found.get(0) : g.cast(found.get(0), type)));
        if (op.flag("inverse")) {
            results.add(op.has("axis") ? found.get(2) : g.node("Reshape", found.get(2), g.node("Shape", in.get(0))));
        }
        if (op.flag("counts")) {
            results.add(found.get(3));
        }
        return results;
    }
}
