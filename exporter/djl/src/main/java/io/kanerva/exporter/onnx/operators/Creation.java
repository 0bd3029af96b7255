package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.exporter.trace.size.ConstantOfSize;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.util.List;

/** New arrays whose size depends on a dynamic dimension; those of fixed size are constants from the tracer. */
final class Creation {
    private Creation() {}

    static void register(Operators table) {
        table.put("zeros", "ConstantOfShape", (g, op, in) -> filled(g, op, 0));
        table.put("ones", "ConstantOfShape", (g, op, in) -> filled(g, op, 1));
        table.put(
                "full",
                "Expand",
                (g, op, in) -> g.node(
                        "Expand", Arithmetic.number(g, op, "value", op.output().type()), g.sizes(shape(op))));
        table.put("arange", "Range; Mul, Add for a negative step", Creation::arange);
        table.put("eye", "ConstantOfShape, EyeLike", Creation::eye);
        table.put("linspace", "Range, Max, Sub, Div, Mul, Add, Less, Where", Creation::linspace);
        table.put("hanningWindow", "Range, Mul, Div, Cos, Sub, Equal, Where", Creation::hanningWindow);
        table.put(
                "constantOfSize",
                "Slice of a table, Range, Sub, Min, Max, Gather, Reshape, Expand",
                (g, op, in) -> SizedConstants.of(g, op.get("value", ConstantOfSize.class)));
    }

    /** The engine's periodic window, (1 - cos(2 pi i / n)) / 2; a single element is 1. */
    private static Value hanningWindow(GraphBuilder g, Operation op, List<Value> in) {
        ElementType type = op.output().type();
        Size count = op.size("count");
        Value length = g.element(g.size(count));
        Value turn = g.node("Div", g.scalar(type, 2 * Math.PI), g.cast(length, type));
        Value angle = g.node("Mul", g.cast(SizedConstants.range(g, count), type), turn);
        Value half = g.scalar(type, 0.5);
        Value window = g.node("Sub", half, g.node("Mul", g.node("Cos", angle), half));
        Value isOne = g.node("Equal", length, g.scalar(ElementType.INT64, 1));
        return g.node("Where", isOne, g.scalar(type, 1), window);
    }

    /** As the engine computes it: from the start for the first half, from the end for the second. */
    private static Value linspace(GraphBuilder g, Operation op, List<Value> in) {
        ElementType type = op.output().type();
        Value start = Arithmetic.number(g, op, "start", type);
        Value stop = Arithmetic.number(g, op, "stop", type);
        Size count = op.size("count");
        Value steps = g.cast(g.element(g.size(count.plus(-1).max(Size.fixed(1)))), type);
        Value step = g.node("Div", g.node("Sub", stop, start), steps);
        Value positions = SizedConstants.range(g, count);
        Value fromStart = g.node("Add", start, g.node("Mul", g.cast(positions, type), step));
        Value left = g.node("Sub", g.element(g.size(count.plus(-1))), positions);
        Value fromEnd = g.node("Sub", stop, g.node("Mul", g.cast(left, type), step));
        Value half = g.element(g.size(count.floorDivided(2).max(Size.fixed(1))));
        return g.node("Where", g.node("Less", positions, half), fromStart, fromEnd);
    }

    /** The result's shape; the requested one if sizes in it depend on values. */
    private static List<Size> shape(Operation op) {
        List<Size> shape = op.output().shape();
        return shape.stream().allMatch(Size::isKnown) ? shape : op.sizes("shape");
    }

    private static Value filled(GraphBuilder g, Operation op, double value) {
        return g.node(
                "ConstantOfShape",
                List.of(g.sizes(shape(op))),
                "value",
                Tensor.filled(op.output().type(), value, 1));
    }

    private static Value arange(GraphBuilder g, Operation op, List<Value> in) {
        ElementType type = op.output().type();
        boolean isFalling = type.isInteger() && op.get("step") instanceof Double step && step < 0;
        Size count = op.output().shape().get(0);
        if (isFalling && count.isKnown()) {
            // ONNX Runtime 1.29 makes a Gather of a falling Range an empty Slice.
            Value steps =
                    g.node("Mul", g.cast(SizedConstants.range(g, count), type), Arithmetic.number(g, op, "step", type));
            return g.node("Add", steps, Arithmetic.number(g, op, "start", type));
        }
        return g.node(
                "Range",
                Arithmetic.number(g, op, "start", type),
                Arithmetic.number(g, op, "stop", type),
                Arithmetic.number(g, op, "step", type));
    }

    private static Value eye(GraphBuilder g, Operation op, List<Value> in) {
        List<Size> shape = op.output().shape().stream().allMatch(Size::isKnown)
                ? op.output().shape()
                : List.of(op.size("rows"), op.size("columns"));
        Value zeros = g.node(
                "ConstantOfShape",
                List.of(g.sizes(shape)),
                "value",
                Tensor.filled(op.output().type(), 0, 1));
        return g.node("EyeLike", zeros);
    }
}
