package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.onnx.operators.IndexParts.ArrayPart;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.util.List;
import java.util.stream.LongStream;

/** Assigns a number or an array to a part of an array. */
final class Assigning {
    private Assigning() {}

    static Value set(GraphBuilder g, Operation op, List<Value> in) {
        IndexParts index = IndexParts.of(op, in);
        if (op.has("value") && index.newAxes().isEmpty()) {
            Value number = Arithmetic.number(g, op, "value", op.output().type());
            if (index.arrays().isEmpty() && isBoxOfFixedAxes(op, index)) {
                return Logic.choice(g, op.output().type(), g.constant(mask(op, index)), number, in.get(0));
            }
            if (isLeadingMask(op, index)) {
                ArrayPart mask = index.arrays().get(0);
                long[] trailing =
                        LongStream.range(mask.axes(), op.input().rank()).toArray();
                Value broadcast =
                        trailing.length == 0 ? mask.value() : g.node("Unsqueeze", mask.value(), g.integers(trailing));
                return Logic.choice(g, op.output().type(), broadcast, number, in.get(0));
            }
        }
        return scattered(g, op, in, index);
    }

    private static boolean isLeadingMask(Operation op, IndexParts index) {
        return index.arrays().size() == 1
                && index.arrays().get(0).kind().equals("mask")
                && index.arrays().get(0).axis() == 0
                && index.slices().isEmpty()
                && index.positions().isEmpty()
                && index.rank() == op.input().rank();
    }

    private static boolean isBoxOfFixedAxes(Operation op, IndexParts index) {
        return index.slices().stream()
                        .allMatch(part -> part.start().isFixed()
                                && part.end().isFixed()
                                && part.step().isFixed()
                                && op.input().shape().get((int) part.axis()).isFixed())
                && index.positions().stream()
                        .allMatch(part -> part.position().isFixed()
                                && op.input().shape().get(part.axis()).isFixed());
    }

    /**
     * Applies the index to an array of the elements' flat positions, which selects the positions that change, and
     * scatters the new values, broadcast to the selection, there.
     */
    private static Value scattered(GraphBuilder g, Operation op, List<Value> in, IndexParts index) {
        ElementType type = op.output().type();
        Value shape = g.node("Shape", in.get(0));
        Value flat = Selections.flat(g, in.get(0));
        Value count = g.element(g.sizeOf(flat, 0));
        Value numbers = g.node("Range", g.scalar(ElementType.INT64, 0), count, g.scalar(ElementType.INT64, 1));
        Value selected = Indexing.get(g, index, g.node("Reshape", numbers, shape));
        Value values = op.has("value") ? Arithmetic.number(g, op, "value", type) : assigned(g, op, in, index, type);
        Value broadcast = g.node("Expand", values, g.node("Shape", selected));
        Value changed = g.node(
                "ScatterElements",
                List.of(flat, Selections.flat(g, selected), Selections.flat(g, broadcast)),
                "axis",
                0);
        return g.node("Reshape", changed, shape);
    }

    /** The new values, without surplus leading axes of size one, as in PyTorch. */
    private static Value assigned(GraphBuilder g, Operation op, List<Value> in, IndexParts index, ElementType type) {
        int last = op.inputs().size() - 1;
        Value values = g.cast(in.get(last), type);
        int masked = index.arrays().stream().mapToInt(array -> array.axes() - 1).sum();
        int surplus = op.inputs().get(last).rank() - (index.rank() - masked);
        boolean isTake = index.arrays().stream().anyMatch(array -> array.kind().equals("take"));
        return surplus <= 0 || isTake
                ? values
                : g.node(
                        "Squeeze",
                        values,
                        g.integers(LongStream.range(0, surplus).toArray()));
    }

    /** A mask that is true in the box, with size one on unrestricted axes. */
    private static Tensor mask(Operation op, IndexParts index) {
        int rank = op.input().rank();
        long[] shape = new long[rank];
        long[][] bounds = new long[rank][];
        for (int axis = 0; axis < rank; axis++) {
            shape[axis] = 1;
            bounds[axis] = new long[] {0, 1, 1};
        }
        index.positions().forEach(part -> restrict(op, part.axis(), part.position(), null, 1, shape, bounds));
        index.slices()
                .forEach(part -> restrict(
                        op,
                        (int) part.axis(),
                        part.start(),
                        part.end(),
                        part.step().value(),
                        shape,
                        bounds));
        int count = 1;
        for (long size : shape) {
            count *= Math.toIntExact(size);
        }
        byte[] mask = new byte[count];
        for (int i = 0; i < count; i++) {
            boolean isInside = true;
            long rest = i;
            for (int axis = rank - 1; axis >= 0; axis--) {
                long position = rest % shape[axis];
                rest /= shape[axis];
                long[] bound = bounds[axis];
                isInside &= position >= bound[0] && position < bound[1] && (position - bound[0]) % bound[2] == 0;
            }
            mask[i] = (byte) (isInside ? 1 : 0);
        }
        return Tensor.ofBytes(ElementType.BOOL, mask, shape);
    }

    private static void restrict(
            Operation op, int axis, Size start, Size end, long step, long[] shape, long[][] bounds) {
        long size = op.input().shape().get(axis).value();
        long min = start.value() < 0 ? start.value() + size : start.value();
        long max = end == null ? min + 1 : Math.min(end.value(), size);
        shape[axis] = size;
        bounds[axis] = new long[] {min, max < 0 ? max + size : max, step};
    }
}
