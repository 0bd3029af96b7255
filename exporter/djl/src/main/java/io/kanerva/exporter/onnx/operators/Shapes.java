package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operand;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.exporter.trace.size.Size;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Operations that only move, repeat or join elements. */
final class Shapes {
    private static final int ALLOWZERO_SINCE = 14;

    private Shapes() {}

    static void register(Operators table) {
        table.put("reshape", "Reshape; Gather for rows that were looked up by flattened positions", Shapes::reshape);
        table.put(
                "flatten",
                "Reshape",
                (g, op, in) -> op.has("from")
                        ? reshape(g, op.input().shape(), in.get(0), op.output().shape())
                        : g.node("Reshape", in.get(0), g.integers(-1)));
        table.put(
                "expandDims",
                "Unsqueeze",
                (g, op, in) -> g.node("Unsqueeze", in.get(0), g.integers(op.number("axis"))));
        table.put("squeeze", "Squeeze", (g, op, in) -> g.node("Squeeze", in.get(0), g.integers(op.numbers("axes"))));
        table.put("squeezeAxis", "Squeeze", Shapes::squeezeAxis);
        table.put("transpose", "Transpose", Shapes::transpose);
        table.put("swapAxes", "Transpose", Shapes::swapAxes);
        table.put("broadcast", "Expand", Shapes::broadcast);
        table.put("concat", "Concat", Shapes::concat);
        table.put("stack", "Unsqueeze, Concat", Shapes::stack);
        table.putAll("split", "Split", Shapes::split);
        table.put("tile", "Tile", Shapes::tile);
        table.put("repeat", "Unsqueeze, Tile, Reshape", Shapes::repeat);
        table.put("pad", "Pad", Shapes::pad);
    }

    /** The requested shape, in which one size may be -1, to be inferred. */
    private static List<Size> target(Operation op) {
        return op.sizes("shape");
    }

    private static boolean changesNothing(Operation op) {
        return op.output().shape().equals(op.input().shape())
                && op.input().shape().stream().allMatch(Size::isKnown);
    }

    private static Value reshape(GraphBuilder g, Operation op, List<Value> in) {
        Value x = in.get(0);
        return changesNothing(op)
                ? x
                : Selections.rows(g, x, op.output().shape())
                        .orElseGet(() -> reshape(g, op.input().shape(), x, target(op)));
    }

    /**
     * A reshape that needs as little shape arithmetic as possible: a dynamic size that keeps its position is 0, the
     * last other one is -1, and only further ones are computed. Runtimes divide by the product of the others to find
     * what -1 stands for, so where a size may be 0, it alone is the one that is not computed.
     *
     * @param from the shape of x
     */
    private static Value reshape(GraphBuilder g, List<Size> from, Value x, List<Size> target) {
        List<Size> sizes = new ArrayList<>(target);
        List<Integer> empty = target.stream().anyMatch(size -> size.is(-1))
                ? List.of()
                : IntStream.range(0, target.size())
                        .filter(i -> target.get(i).isKnown() && g.canBeZero(target.get(i)))
                        .boxed()
                        .toList();
        List<Integer> moved =
                empty.stream().filter(i -> !isKept(from, target, i)).toList();
        if (!moved.isEmpty() && empty.size() > 1) {
            return reshapeEmpty(g, x, target);
        }
        for (int i = 0; i < sizes.size(); i++) {
            if (!sizes.get(i).isFixed() && isKept(from, target, i)) {
                sizes.set(i, Size.fixed(0));
            }
        }
        int open = moved.isEmpty() ? lastOpen(sizes, empty.isEmpty()) : moved.get(0);
        if (open >= 0) {
            sizes.set(open, Size.fixed(-1));
        }
        return g.node("Reshape", x, g.sizes(sizes));
    }

    private static boolean isKept(List<Size> from, List<Size> target, int axis) {
        return axis < from.size() && target.get(axis).equals(from.get(axis));
    }

    /** The last size that is not fixed, unless one is open already; -1 if there is none. */
    private static int lastOpen(List<Size> sizes, boolean canBeComputed) {
        if (sizes.stream().anyMatch(size -> size.is(-1))) {
            return -1;
        }
        return IntStream.range(0, sizes.size())
                .filter(i ->
                        canBeComputed ? !sizes.get(i).isFixed() : !sizes.get(i).isKnown())
                .max()
                .orElse(-1);
    }

    /** Several sizes may be 0, which would mean "as in x". */
    private static Value reshapeEmpty(GraphBuilder g, Value x, List<Size> target) {
        if (g.opset() < ALLOWZERO_SINCE) {
            throw new UnsupportedOperationException("several sizes of the result " + target
                    + " may be 0, which ONNX's Reshape takes from opset " + ALLOWZERO_SINCE
                    + " on; export a newer opset, or exclude such sizes with a dimension limit");
        }
        return g.node("Reshape", List.of(x, g.sizes(target)), "allowzero", 1);
    }

    /** PyTorch returns the array unchanged if the axis has another size than 1. */
    private static Value squeezeAxis(GraphBuilder g, Operation op, List<Value> in) {
        int axis = Math.floorMod((int) op.number("axis"), op.input().rank());
        Size size = op.input().shape().get(axis);
        if (!size.isFixed()) {
            throw new UnsupportedOperationException(
                    "squeeze removes an axis only if its size is 1, and the size " + size + " is dynamic");
        }
        return size.is(1) ? g.node("Squeeze", in.get(0), g.integers(axis)) : in.get(0);
    }

    private static Value swapAxes(GraphBuilder g, Operation op, List<Value> in) {
        int rank = op.input().rank();
        int first = Math.floorMod((int) op.number("first"), rank);
        int second = Math.floorMod((int) op.number("second"), rank);
        long[] order = LongStream.range(0, rank)
                .map(i -> i == first ? second : i == second ? first : i)
                .toArray();
        return g.node("Transpose", in, "perm", order);
    }

    private static Value transpose(GraphBuilder g, Operation op, List<Value> in) {
        int rank = op.input().rank();
        long[] order = op.has("axes")
                ? Arrays.stream(op.numbers("axes"))
                        .map(a -> a < 0 ? a + rank : a)
                        .toArray()
                : LongStream.range(0, rank).map(i -> rank - 1 - i).toArray();
        return g.node("Transpose", in, "perm", order);
    }

    /** PyTorch's -1 keeps a size, as ONNX's 1 does. */
    private static Value broadcast(GraphBuilder g, Operation op, List<Value> in) {
        List<Size> shape = op.sizes("shape").stream()
                .map(size -> size.is(-1) ? Size.fixed(1) : size)
                .toList();
        return g.node("Expand", in.get(0), g.sizes(shape));
    }

    private static Value concat(GraphBuilder g, Operation op, List<Value> in) {
        List<Value> parts =
                in.stream().map(value -> g.cast(value, op.output().type())).toList();
        return g.node("Concat", parts, "axis", op.number("axis"));
    }

    private static Value stack(GraphBuilder g, Operation op, List<Value> in) {
        Value axis = g.integers(op.number("axis"));
        List<Value> parts = in.stream()
                .map(value -> g.node("Unsqueeze", g.cast(value, op.output().type()), axis))
                .toList();
        return g.node("Concat", parts, "axis", op.number("axis"));
    }

    private static List<Value> split(GraphBuilder g, Operation op, List<Value> in) {
        int axis = Math.floorMod((int) op.number("axis"), op.input().rank());
        List<Size> sizes = op.outputs().stream()
                .map(Operand::shape)
                .map(shape -> shape.get(axis))
                .toList();
        return g.nodes("Split", op.outputs().size(), List.of(in.get(0), g.sizes(sizes)), "axis", axis);
    }

    private static Value tile(GraphBuilder g, Operation op, List<Value> in) {
        List<Size> repeats = repeats(op);
        int missing = repeats.size() - op.input().rank();
        Value x = missing <= 0
                ? in.get(0)
                : g.node(
                        "Unsqueeze",
                        in.get(0),
                        g.integers(LongStream.range(0, missing).toArray()));
        return g.node("Tile", x, g.sizes(repeats));
    }

    /** The repeats of each axis; a single number applies to all of them. */
    private static List<Size> repeats(Operation op) {
        return op.get("repeats") instanceof Size size
                ? Collections.nCopies(Math.max(1, op.input().rank()), size)
                : op.sizes("repeats");
    }

    /** Repeats each element: a new axis after the repeated one is tiled and merged into it. */
    private static Value repeat(GraphBuilder g, Operation op, List<Value> in) {
        int rank = op.input().rank();
        List<Size> repeats = new ArrayList<>();
        if (op.has("axis")) {
            int axis = Math.floorMod((int) op.number("axis"), rank);
            IntStream.range(0, rank).forEach(i -> repeats.add(i == axis ? op.size("repeats") : Size.fixed(1)));
        } else {
            repeats.addAll(repeats(op));
        }
        List<Size> tiles = new ArrayList<>();
        List<Size> tiled = new ArrayList<>();
        List<Long> newAxes = new ArrayList<>();
        for (int i = 0; i < repeats.size(); i++) {
            tiles.add(Size.fixed(1));
            tiled.add(rank == 0 ? Size.fixed(1) : op.input().shape().get(i));
            if (!repeats.get(i).is(1)) {
                newAxes.add((long) tiles.size());
                tiles.add(repeats.get(i));
                tiled.add(repeats.get(i));
            }
        }
        if (newAxes.isEmpty()) {
            return in.get(0);
        }
        Value wide = g.node(
                "Unsqueeze",
                in.get(0),
                g.integers(newAxes.stream().mapToLong(a -> a).toArray()));
        return reshape(
                g, tiled, g.node("Tile", wide, g.sizes(tiles)), op.output().shape());
    }

    /** PyTorch lists pairs from the last axis on, ONNX all beginnings and then all ends. */
    private static Value pad(GraphBuilder g, Operation op, List<Value> in) {
        int rank = op.input().rank();
        List<Size> padding = op.sizes("padding");
        List<Size> pads = new ArrayList<>(Collections.nCopies(2 * rank, Size.fixed(0)));
        for (int i = 0; i < padding.size(); i++) {
            int axis = rank - 1 - i / 2;
            pads.set(i % 2 * rank + axis, padding.get(i));
        }
        return g.node(
                "Pad",
                in.get(0),
                g.sizes(pads),
                Arithmetic.number(g, op, "value", op.output().type()));
    }
}
