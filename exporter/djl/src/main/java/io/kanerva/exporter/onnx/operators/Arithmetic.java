package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.exporter.trace.size.RealSize;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.onnx.ElementType;
import java.util.List;
import java.util.Optional;

/**
 * Operations on two arrays, or on an array and a number, with broadcasting.
 *
 * <p>ONNX requires equal element types where PyTorch promotes: both sides are cast to the result's type.
 */
final class Arithmetic {
    private Arithmetic() {}

    static void register(Operators table) {
        forComplex(table, "add", "Add", "Add; for complex numbers Mul for a missing imaginary part");
        forComplex(table, "sub", "Sub", "Sub; for complex numbers Mul for a missing imaginary part");
        forComplex(
                table,
                "mul",
                "Mul",
                "Mul; for complex numbers Unsqueeze, Split, Add, Sub and Concat; RMSNormalization from opset 23 on "
                        + "where it is the last step of one");
        forComplex(
                table,
                "div",
                "Div",
                "Div; for complex numbers the product with the conjugate, and ReduceSum; RMSNormalization from opset "
                        + "23 "
                        + "on where it is the last step of one");
        table.put(
                "pow",
                "Pow; Mul for integers and a fixed exponent, with Mod, Div, Equal, And, Where, GreaterOrEqual and Less "
                        + "for one that is not",
                Arithmetic::power);
        table.put("maximum", "Max; Greater and Where for int64", (g, op, in) -> extreme(g, op, in, true));
        table.put("minimum", "Min; Less and Where for int64", (g, op, in) -> extreme(g, op, in, false));
        table.put(
                "mod",
                "Mod; for floats Where and Add, too, where the signs differ (Less, Greater, Equal, Not, Xor, And)",
                Arithmetic::mod);
        table.put("clip", "Clip; Greater, Less and Where for int64", Arithmetic::clip);
        table.put("atan2", "Div, Atan, Where, with Less, Equal, And and Or for the quadrant", Arithmetic::atan2);
        table.put("xlogy", "Log, Mul, Where, with Equal, IsNaN, Not and And for zeros", Arithmetic::xlogy);
        table.put(
                "number",
                "Shape arithmetic",
                (g, op, in) -> number(g, op, "value", op.output().type()));
        table.put("toType", "Cast", (g, op, in) -> g.cast(in.get(0), op.output().type()));
    }

    private static void forComplex(Operators table, String name, String onnx, String description) {
        table.put(
                name,
                description,
                (g, op, in) -> ComplexNumbers.areIn(op)
                        ? ComplexNumbers.arithmetic(g, op, in, onnx)
                        : calculate(g, op, in, onnx));
    }

    private static Value extreme(GraphBuilder g, Operation op, List<Value> in, boolean isLargest) {
        ElementType type = op.output().type();
        if (type != ElementType.INT64) {
            return calculate(g, op, in, isLargest ? "Max" : "Min");
        }
        List<Value> both = operands(g, op, in, type, type);
        return LongIntegers.extreme(g, isLargest, both.get(0), both.get(1));
    }

    /** PyTorch also calculates with booleans (as 0 and 1) and 8-bit integers; ONNX Runtime does not. */
    private static Value calculate(GraphBuilder g, Operation op, List<Value> in, String onnx) {
        Optional<Value> normalised = switch (onnx) {
            case "Mul" -> Patterns.product(g, op, in);
            case "Div" -> Patterns.quotient(g, op, in);
            default -> Optional.empty();
        };
        if (normalised.isPresent()) {
            return normalised.get();
        }
        ElementType type = op.output().type();
        ElementType calculated = calculated(type);
        Value result = g.node(onnx, operands(g, op, in, type, calculated));
        return calculated == type ? result : g.cast(result, type);
    }

    /** Integers that overflow wrap around in the engine and in Mul, but not in ONNX Runtime's Pow. */
    private static Value power(GraphBuilder g, Operation op, List<Value> in) {
        ElementType type = op.output().type();
        boolean isFixed = in.size() == 1 && op.get("other") instanceof Size size && size.isFixed();
        if (!type.isInteger() || isFixed && (op.number("other") < 1 || op.number("other") >= Long.SIZE)) {
            return calculate(g, op, in, "Pow");
        }
        List<Value> operands = operands(g, op, in, type, calculated(type));
        Value result = isFixed
                ? product(g, operands.get(0), op.number("other"))
                : product(g, operands.get(0), operands.get(1), calculated(type));
        return calculated(type) == type ? result : g.cast(result, type);
    }

    /** A power by squares. */
    private static Value product(GraphBuilder g, Value x, long exponent) {
        Value square = x;
        Value result = null;
        for (long rest = exponent; rest > 0; rest /= 2) {
            if (rest % 2 == 1) {
                result = result == null ? square : g.node("Mul", result, square);
            }
            square = rest > 1 ? g.node("Mul", square, square) : square;
        }
        return result;
    }

    /** The same for exponents from 0 to 63; for others, what Pow makes of them. */
    private static Value product(GraphBuilder g, Value x, Value exponent, ElementType type) {
        Value one = g.scalar(type, 1);
        Value two = g.scalar(type, 2);
        Value square = x;
        Value rest = exponent;
        Value result = one;
        for (int bit = 1; bit < Long.SIZE; bit *= 2) {
            Value isSet = g.node("Equal", g.node("Mod", rest, two), one);
            result = g.node("Mul", result, g.node("Where", isSet, square, one));
            square = g.node("Mul", square, square);
            rest = g.node("Div", rest, two);
        }
        Value isSmall = g.node(
                "And",
                g.node("GreaterOrEqual", exponent, g.scalar(type, 0)),
                g.node("Less", exponent, g.scalar(type, Long.SIZE)));
        return g.node("Where", isSmall, result, g.node("Pow", x, exponent));
    }

    /** The type to calculate in for a result type. */
    static ElementType calculated(ElementType type) {
        return type == ElementType.BOOL || type == ElementType.INT8 || type == ElementType.UINT8
                ? ElementType.INT32
                : type;
    }

    /** Both sides, converted to a type and then to the one to calculate in: -9 is 247 beside an array of uint8. */
    static List<Value> operands(
            GraphBuilder g, Operation op, List<Value> in, ElementType type, ElementType calculated) {
        Value other = in.size() == 1 ? wrapped(g, op, type, calculated) : g.cast(g.cast(in.get(1), type), calculated);
        return List.of(g.cast(g.cast(in.get(0), type), calculated), other);
    }

    private static Value wrapped(GraphBuilder g, Operation op, ElementType type, ElementType calculated) {
        if (!(op.get("other") instanceof Size size) || type != ElementType.INT8 && type != ElementType.UINT8) {
            return number(g, op, "other", calculated);
        }
        if (!size.isFixed()) {
            return g.cast(g.cast(number(g, op, "other", ElementType.INT64), type), calculated);
        }
        return g.scalar(calculated, type == ElementType.INT8 ? (byte) size.value() : size.value() & 0xFF);
    }

    /** An attribute as a scalar tensor. */
    static Value number(GraphBuilder g, Operation op, String attribute, ElementType type) {
        if (op.get(attribute) instanceof Size size) {
            return size.isFixed() ? g.scalar(type, size.value()) : g.cast(g.element(g.size(size)), type);
        }
        if (op.get(attribute) instanceof RealSize number) {
            return g.cast(g.element(g.real(number)), type);
        }
        return g.scalar(type, op.real(attribute));
    }

    /** PyTorch's remainder has the divisor's sign; ONNX's Mod has it for integers only, else the dividend's. */
    private static Value mod(GraphBuilder g, Operation op, List<Value> in) {
        ElementType type = op.output().type();
        List<Value> operands = operands(g, op, in, type, calculated(type));
        if (type.isInteger()) {
            Value rest = g.node("Mod", operands);
            return calculated(type) == type ? rest : g.cast(rest, type);
        }
        Value zero = g.scalar(type, 0);
        Value divisor = operands.get(1);
        Value rest = g.node("Mod", operands, "fmod", 1);
        Value isOpposite;
        boolean isFixed = in.size() == 1
                && (op.get("other") instanceof Double || op.get("other") instanceof Size size && size.isFixed());
        if (isFixed) {
            isOpposite = g.node(op.real("other") > 0 ? "Less" : "Greater", rest, zero);
        } else {
            Value isRest = g.node("Not", g.node("Equal", rest, zero));
            isOpposite =
                    g.node("And", isRest, g.node("Xor", g.node("Less", rest, zero), g.node("Less", divisor, zero)));
        }
        return g.node("Where", isOpposite, g.node("Add", rest, divisor), rest);
    }

    private static Value clip(GraphBuilder g, Operation op, List<Value> in) {
        ElementType type = op.output().type();
        Value x = g.cast(in.get(0), type);
        Value min = number(g, op, "min", type);
        Value max = number(g, op, "max", type);
        return type == ElementType.INT64
                ? LongIntegers.extreme(g, false, LongIntegers.extreme(g, true, x, min), max)
                : g.node("Clip", x, min, max);
    }

    /** The angle of (x, y): atan(y/x), shifted by pi where x is negative, including minus zero. */
    private static Value atan2(GraphBuilder g, Operation op, List<Value> in) {
        ElementType type = op.output().type();
        List<Value> operands = operands(g, op, in, type, type);
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
        List<Value> operands = operands(g, op, in, type, type);
        Value x = operands.get(0);
        Value product = g.node("Mul", x, g.node("Log", operands.get(1)));
        Value isZero = g.node("Equal", x, g.scalar(type, 0));
        Value isNumber = g.node("Not", g.node("IsNaN", operands.get(1)));
        return g.node("Where", g.node("And", isZero, isNumber), g.scalar(type, 0), product);
    }
}
