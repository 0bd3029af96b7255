package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.exporter.trace.Size;
import io.kanerva.onnx.ElementType;
import java.util.List;

/**
 * Operations on two arrays, or on an array and a number, with broadcasting.
 *
 * <p>ONNX requires equal element types where PyTorch promotes: both sides are cast to the result's type.
 */
final class Arithmetic {
    private Arithmetic() {}

    static void register(Operators table) {
        arithmetic(table, "add", "Add");
        arithmetic(table, "sub", "Sub");
        arithmetic(table, "mul", "Mul");
        arithmetic(table, "div", "Div");
        arithmetic(table, "pow", "Pow");
        arithmetic(table, "maximum", "Max");
        arithmetic(table, "minimum", "Min");
        table.put("mod", "Mod for integers; Div, Floor, Mul, Sub for others", Arithmetic::mod);
        table.put("clip", "Clip", Arithmetic::clip);
        table.put("atan2", "Div, Atan, Where, with Less, Equal, And and Or for the quadrant", Arithmetic::atan2);
        table.put("xlogy", "Log, Mul, Where, with Equal, IsNaN, Not and And for zeros", Arithmetic::xlogy);
        table.put(
                "number",
                "Shape arithmetic",
                (g, op, in) -> number(g, op, "value", op.output().type()));
        table.put("toType", "Cast", (g, op, in) -> g.cast(in.get(0), op.output().type()));
    }

    /** PyTorch also calculates with booleans (as 0 and 1) and 8-bit integers; ONNX Runtime does not. */
    private static void arithmetic(Operators table, String name, String onnx) {
        table.put(name, onnx, (g, op, in) -> {
            ElementType type = op.output().type();
            ElementType calculated = calculated(type);
            Value result = g.node(onnx, operands(g, op, in, calculated));
            return calculated == type ? result : g.cast(result, type);
        });
    }

    /** The type to calculate in for a result type. */
    static ElementType calculated(ElementType type) {
        return type == ElementType.BOOL || type == ElementType.INT8 || type == ElementType.UINT8
                ? ElementType.INT32
                : type;
    }

    /** Both sides, cast to a type. */
    static List<Value> operands(GraphBuilder g, Operation op, List<Value> in, ElementType type) {
        Value other = in.size() == 1 ? number(g, op, "other", type) : g.cast(in.get(1), type);
        return List.of(g.cast(in.get(0), type), other);
    }

    /** An attribute as a scalar tensor. */
    static Value number(GraphBuilder g, Operation op, String attribute, ElementType type) {
        if (op.get(attribute) instanceof Size size && !size.isFixed()) {
            return g.cast(g.element(g.size(size)), type);
        }
        return g.scalar(type, op.real(attribute));
    }

    /** PyTorch's remainder has the divisor's sign; ONNX's Mod has it for integers only. */
    private static Value mod(GraphBuilder g, Operation op, List<Value> in) {
        List<Value> operands = operands(g, op, in, op.output().type());
        if (op.output().type().isInteger()) {
            return g.node("Mod", operands);
        }
        Value quotient = g.node("Floor", g.node("Div", operands));
        return g.node("Sub", operands.get(0), g.node("Mul", quotient, operands.get(1)));
    }

    private static Value clip(GraphBuilder g, Operation op, List<Value> in) {
        ElementType type = op.output().type();
        return g.node("Clip", g.cast(in.get(0), type), number(g, op, "min", type), number(g, op, "max", type));
    }

    /** The angle of (x, y): atan(y/x), shifted by pi where x is negative, including minus zero. */
    private static Value atan2(GraphBuilder g, Operation op, List<Value> in) {
        ElementType type = op.output().type();
        List<Value> operands = operands(g, op, in, type);
        Value y = operands.get(0);
        Value x = operands.get(1);
        Value zero = g.scalar(type, 0);
        Value turn = g.node("Where", isNegative(g, type, y), g.scalar(type, -Math.PI), g.scalar(type, Math.PI));
        Value shift = g.node("Where", isNegative(g, type, x), turn, zero);
        Value isOrigin = g.node("And", g.node("Equal", x, zero), g.node("Equal", y, zero));
        Value angle = g.node("Atan", g.node("Div", operands));
        return g.node("Add", g.node("Where", isOrigin, zero, angle), shift);
    }

    private static Value isNegative(GraphBuilder g, ElementType type, Value x) {
        Value zero = g.scalar(type, 0);
        Value inverse = g.node("Div", g.scalar(type, 1), x);
        return g.node("Or", g.node("Less", x, zero), g.node("Less", inverse, zero));
    }

    /** x log y, and 0 where x is 0 and y is a number. */
    private static Value xlogy(GraphBuilder g, Operation op, List<Value> in) {
        ElementType type = op.output().type();
        List<Value> operands = operands(g, op, in, type);
        Value x = operands.get(0);
        Value product = g.node("Mul", x, g.node("Log", operands.get(1)));
        Value isZero = g.node("Equal", x, g.scalar(type, 0));
        Value isNumber = g.node("Not", g.node("IsNaN", operands.get(1)));
        return g.node("Where", g.node("And", isZero, isNumber), g.scalar(type, 0), product);
    }
}
