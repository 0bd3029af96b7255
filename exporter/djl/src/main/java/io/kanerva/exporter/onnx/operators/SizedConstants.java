package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.size.ConstantOfSize;
import io.kanerva.exporter.trace.size.RealSize;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/** Constants whose shape or elements depend on dynamic dimensions, computed in the graph. */
final class SizedConstants {
    private SizedConstants() {}

    static Value of(GraphBuilder g, ConstantOfSize constant) {
        if (constant instanceof ConstantOfSize.Filled filled) {
            return expanded(g, g.element(number(g, filled.number(), filled.type())), filled.shape());
        }
        if (constant instanceof ConstantOfSize.Listed listed) {
            List<Value> numbers = listed.numbers().stream()
                    .map(number -> number(g, number, listed.type()))
                    .toList();
            return g.node("Reshape", g.node("Concat", numbers, "axis", 0), g.sizes(listed.shape()));
        }
        if (constant instanceof ConstantOfSize.Table table) {
            return table(g, table);
        }
        if (constant instanceof ConstantOfSize.Quotients quotients) {
            Value divisor = g.element(number(g, quotients.divisor(), quotients.type()));
            return g.node("Div", progression(g, quotients.dividend()), divisor);
        }
        return constant instanceof ConstantOfSize.Progression progression
                ? progression(g, progression)
                : diagonals(g, (ConstantOfSize.Diagonals) constant);
    }

    /** The integers from 0 to a size (exclusive). */
    static Value range(GraphBuilder g, Size size) {
        return g.range(size, Value.ABSENT, 0);
    }

    private static Value number(GraphBuilder g, Object number, ElementType type) {
        Value value = number instanceof Size size
                ? new Value(g.size(size).name(), ElementType.INT64, List.of(Size.fixed(1)))
                : number instanceof RealSize real ? g.real(real) : g.constant(Tensor.filled(type, (Double) number, 1));
        return g.cast(value, type);
    }

    private static Value expanded(GraphBuilder g, Value value, List<Size> shape) {
        return g.node("Expand", value, g.sizes(shape));
    }

    private static Value table(GraphBuilder g, ConstantOfSize.Table constant) {
        List<Size> ends = new ArrayList<>();
        List<Long> axes = new ArrayList<>();
        boolean isRepeated = false;
        for (int axis = 0; axis < constant.shape().size(); axis++) {
            Size size = constant.shape().get(axis);
            long length = constant.table().shape()[axis];
            if (length != 1 && !size.is(length)) {
                axes.add((long) axis);
                ends.add(size);
            }
            isRepeated |= length == 1 && !size.is(1);
        }
        Value value = g.constant(constant.table());
        if (!axes.isEmpty()) {
            long[] sliced = axes.stream().mapToLong(a -> a).toArray();
            value = g.node("Slice", value, g.integers(new long[sliced.length]), g.sizes(ends), g.integers(sliced));
        }
        return isRepeated ? expanded(g, value, constant.shape()) : value;
    }

    private static Value progression(GraphBuilder g, ConstantOfSize.Progression constant) {
        int rank = constant.shape().size();
        Value sum = g.size(constant.start());
        boolean isRepeated = false;
        for (int axis = 0; axis < rank; axis++) {
            long slope = constant.slopes().get(axis);
            isRepeated |= slope == 0 && !constant.shape().get(axis).is(1);
            if (slope != 0) {
                Value positions = alongAxis(g, constant.shape().get(axis), axis, rank);
                sum = g.node("Add", sum, g.node("Mul", positions, g.integers(slope)));
            }
        }
        Value value = g.cast(sum, constant.type());
        return isRepeated || rank == 0 ? expanded(g, value, constant.shape()) : value;
    }

    /** The positions along an axis, in a shape of the given rank. */
    private static Value alongAxis(GraphBuilder g, Size size, int axis, int rank) {
        long[] others = LongStream.range(0, rank).filter(a -> a != axis).toArray();
        Value positions = range(g, size);
        return others.length == 0 ? positions : g.node("Unsqueeze", positions, g.integers(others));
    }

    private static Value diagonals(GraphBuilder g, ConstantOfSize.Diagonals constant) {
        List<Size> shape = constant.shape();
        Value rows = alongAxis(g, shape.get(constant.row()), constant.row(), shape.size());
        Value columns = alongAxis(g, shape.get(constant.column()), constant.column(), shape.size());
        if (constant.isFlipped()) {
            columns = g.node("Sub", g.size(shape.get(constant.column()).plus(-1)), columns);
        }
        Size first = Size.fixed(constant.smallest());
        if (constant.isFromEnd()) {
            first = first.plus(shape.get(constant.column()))
                    .plus(shape.get(constant.row()).times(-1));
        }
        Value places = g.node("Sub", g.node("Sub", columns, rows), g.size(first));
        long last = constant.values().size() - 1;
        Value valid = g.node("Min", g.node("Max", places, g.integers(0)), g.integers(last));
        Value value = g.node("Gather", List.of(g.constant(constant.values()), valid), "axis", 0);
        boolean isRepeated = false;
        for (int axis = 0; axis < shape.size(); axis++) {
            isRepeated |= axis != constant.row()
                    && axis != constant.column()
                    && !shape.get(axis).is(1);
        }
        return isRepeated ? expanded(g, value, shape) : value;
    }
}
