package io.kanerva.exporter.onnx.operators;

import ai.djl.ndarray.types.DataType;
import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.exporter.trace.Size;
import io.kanerva.exporter.trace.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Parts of an array chosen by position. */
final class Indexing {
    /** How the tracer writes an open end of a slice. */
    private static final long OPEN = Long.MAX_VALUE;

    private Indexing() {
    }

    static void register(Operators table) {
        table.putSingle("get", Indexing::get);
        table.putSingle("set", Indexing::set);
        table.putSingle("flip", Indexing::flip);
        table.putSingle("embedding", (g, op, in) -> g.node("Gather", List.of(in.get(1), positions(g, in.get(0))), "axis", 0));
        table.putSingle("gather", (g, op, in) -> g.node("GatherElements", List.of(in.get(0), positions(g, in.get(1))),
                "axis", op.number("axis")));
        table.putSingle("oneHot", (g, op, in) -> g.node("OneHot", List.of(positions(g, in.get(0)), g.size(op.size("depth")),
                g.cast(g.constant(Tensor.of(new float[] {0, 1}, 2)), op.output().type())), "axis", -1));
    }

    private static Value positions(GraphBuilder g, Value index) {
        return index.type() == DataType.INT32 ? index : g.cast(index, DataType.INT64);
    }

    /** Slices first, then a Gather for each single position and each array of positions, from the last axis to the first. */
    private static Value get(GraphBuilder g, Operation op, List<Value> in) {
        List<?> kinds = op.get("kinds", List.class);
        if (kinds.contains("mask") || kinds.contains("pick")) {
            throw new UnsupportedOperationException("an index with a boolean mask or a pick has no counterpart of known shape");
        }
        if (Collections.frequency(kinds, "take") > 1) {
            throw new UnsupportedOperationException("an index takes at most one array of positions");
        }
        List<Size> numbers = op.sizes("numbers");
        List<Integer> fixedAxes = new ArrayList<>();
        List<Size> fixed = new ArrayList<>();
        List<Long> newAxes = new ArrayList<>();
        SliceInputs slices = new SliceInputs();
        int takeAxis = -1;
        int axis = 0;
        int at = 0;
        int outputAxis = 0;
        for (Object kind : kinds) {
            switch ((String) kind) {
                case "new" -> newAxes.add((long) outputAxis++);
                case "fixed" -> {
                    fixedAxes.add(axis++);
                    fixed.add(numbers.get(at++));
                }
                case "slice" -> {
                    slices.add(axis++, numbers.get(at), numbers.get(at + 1), numbers.get(at + 2));
                    at += 3;
                    outputAxis++;
                }
                case "take" -> {
                    takeAxis = axis++;
                    outputAxis += op.inputs().get(1).rank();
                }
                default -> {
                    axis++;
                    outputAxis++;
                }
            }
        }
        Value x = slices.apply(g, in.get(0));
        for (int a = op.input().rank() - 1; a >= 0; a--) {
            if (a == takeAxis) {
                x = g.node("Gather", List.of(x, positions(g, in.get(1))), "axis", a);
            } else if (fixedAxes.contains(a)) {
                x = g.node("Gather", List.of(x, scalar(g, fixed.get(fixedAxes.indexOf(a)))), "axis", a);
            }
        }
        return newAxes.isEmpty() ? x
                : g.node("Unsqueeze", List.of(x, g.integers(newAxes.stream().mapToLong(a -> a).toArray())));
    }

    private static Value scalar(GraphBuilder g, Size size) {
        return size.isFixed() ? g.scalar(DataType.INT64, size.value())
                : g.node("Squeeze", List.of(g.size(size), g.integers(0)));
    }

    /** The inputs of one Slice node. */
    private static final class SliceInputs {
        private final List<Long> axes = new ArrayList<>();
        private final List<Size> starts = new ArrayList<>();
        private final List<Size> ends = new ArrayList<>();
        private final List<Size> steps = new ArrayList<>();

        void add(long axis, Size start, Size end, Size step) {
            axes.add(axis);
            starts.add(start.is(OPEN) ? Size.fixed(0) : start);
            ends.add(end);
            steps.add(step);
        }

        Value apply(GraphBuilder g, Value x) {
            if (axes.isEmpty()) {
                return x;
            }
            return g.node("Slice", List.of(x, g.sizes(starts), g.sizes(ends),
                    g.integers(axes.stream().mapToLong(a -> a).toArray()), g.sizes(steps)));
        }
    }

    private static Value flip(GraphBuilder g, Operation op, List<Value> in) {
        long[] axes = op.numbers("axes");
        List<Size> back = Collections.nCopies(axes.length, Size.fixed(-1));
        List<Size> beginning = Collections.nCopies(axes.length, Size.fixed(Long.MIN_VALUE));
        return g.node("Slice", List.of(in.get(0), g.sizes(back), g.sizes(beginning), g.integers(axes), g.sizes(back)));
    }

    /**
     * An assignment to a box: a mask that is true in the box chooses between the new and the old elements. The mask is a
     * constant over the restricted axes, which must have a fixed size, and broadcast over the others.
     */
    private static Value set(GraphBuilder g, Operation op, List<Value> in) {
        if (!op.has("value")) {
            throw new UnsupportedOperationException("assigning an array to a part of another is not exported; "
                    + "concatenate the parts instead");
        }
        int rank = op.input().rank();
        List<?> kinds = op.get("kinds", List.class);
        long[] numbers = op.numbers("numbers");
        long[] shape = new long[rank];
        long[][] bounds = new long[rank][];
        int at = 0;
        for (int axis = 0; axis < rank; axis++) {
            Size size = op.input().shape().get(axis);
            String kind = (String) kinds.get(axis);
            if (kind.equals("all")) {
                shape[axis] = 1;
                bounds[axis] = new long[] {0, 1, 1};
                continue;
            }
            if (!size.isFixed() || !kind.equals("fixed") && !kind.equals("slice")) {
                throw new UnsupportedOperationException("an assignment is exported for positions and slices of axes of fixed "
                        + "size, found " + kind + " on an axis of size " + size);
            }
            shape[axis] = size.value();
            long min = kind.equals("fixed") ? numbers[at++] : numbers[at] == OPEN ? 0 : numbers[at];
            min = min < 0 ? min + shape[axis] : min;
            long max = kind.equals("fixed") ? min + 1 : Math.min(numbers[at + 1], shape[axis]);
            long step = kind.equals("fixed") ? 1 : numbers[at + 2];
            at += kind.equals("fixed") ? 0 : 3;
            bounds[axis] = new long[] {min, max < 0 ? max + shape[axis] : max, step};
        }
        Value mask = g.constant(mask(shape, bounds));
        return g.node("Where", List.of(mask, Arithmetic.number(g, op, "value", op.output().type()), in.get(0)));
    }

    private static Tensor mask(long[] shape, long[][] bounds) {
        int count = 1;
        for (long size : shape) {
            count *= Math.toIntExact(size);
        }
        byte[] mask = new byte[count];
        for (int i = 0; i < count; i++) {
            boolean isInside = true;
            long rest = i;
            for (int axis = shape.length - 1; axis >= 0; axis--) {
                long position = rest % shape[axis];
                rest /= shape[axis];
                long[] bound = bounds[axis];
                isInside &= position >= bound[0] && position < bound[1] && (position - bound[0]) % bound[2] == 0;
            }
            mask[i] = (byte) (isInside ? 1 : 0);
        }
        return Tensor.ofBytes(DataType.BOOLEAN, mask, shape);
    }
}
