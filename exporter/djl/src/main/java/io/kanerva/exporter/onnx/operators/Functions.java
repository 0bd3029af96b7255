package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operand;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.onnx.ElementType;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;

/** Element-wise functions, including activations. */
final class Functions {
    private static final String[][] SAME = {
        {"sqrt", "Sqrt"},
        {"exp", "Exp"},
        {"log", "Log"},
        {"sin", "Sin"},
        {"cos", "Cos"},
        {"tan", "Tan"},
        {"asin", "Asin"},
        {"acos", "Acos"},
        {"atan", "Atan"},
        {"sinh", "Sinh"},
        {"cosh", "Cosh"},
        {"asinh", "Asinh"},
        {"acosh", "Acosh"},
        {"atanh", "Atanh"},
        {"tanh", "Tanh"},
        {"sigmoid", "Sigmoid"},
        {"softPlus", "Softplus"},
        {"softSign", "Softsign"},
        {"selu", "Selu"}
    };
    private static final String[][] ROUNDING = {{"floor", "Floor"}, {"ceil", "Ceil"}, {"round", "Round"}};
    private static final int GELU_SINCE = 20;

    private Functions() {}

    static void register(Operators table) {
        for (String[] names : SAME) {
            put(
                    table,
                    names[0],
                    names[1],
                    (g, x) -> DoubleFunctions.contains(names[0], x.type())
                            ? DoubleFunctions.lower(g, names[0], x)
                            : g.node(names[1], List.of(x)));
        }
        // ONNX's Neg takes no unsigned integers.
        put(
                table,
                "neg",
                "Neg",
                (g, x) -> x.type() == ElementType.UINT8
                        ? g.cast(g.node("Neg", g.cast(x, ElementType.INT32)), x.type())
                        : g.node("Neg", x));
        // The engine's sign of NaN is 0.
        put(table, "sign", "Sign; for floats Where with IsNaN, too; Greater, Less and Sub for int64", Functions::sign);
        for (String[] names : ROUNDING) {
            put(table, names[0], names[1], (g, x) -> x.type().isInteger() ? x : g.node(names[1], List.of(x)));
        }
        put(
                table,
                "trunc",
                "Abs, Floor, Sign, Mul",
                (g, x) ->
                        x.type().isInteger() ? x : g.node("Mul", g.node("Sign", x), g.node("Floor", g.node("Abs", x))));

        table.put("abs", "Abs; ReduceL2 for complex numbers", Functions::abs);
        put(table, "relu", "Relu; Max for integers, Greater and Where for int64", Functions::relu);
        put(table, "square", "Mul", (g, x) -> g.node("Mul", x, x));
        put(table, "cbrt", "Pow", (g, x) -> g.node("Pow", x, g.scalar(x.type(), 1.0 / 3)));
        put(table, "log2", "Log, Div", (g, x) -> g.node("Div", g.node("Log", x), g.scalar(x.type(), Math.log(2))));
        put(table, "log10", "Log, Div", (g, x) -> g.node("Div", g.node("Log", x), g.scalar(x.type(), Math.log(10))));
        put(table, "toDegrees", "Mul, Div", (g, x) -> scaled(g, x, 180, Math.PI));
        put(table, "toRadians", "Mul, Div", (g, x) -> scaled(g, x, Math.PI, 180));
        put(
                table,
                "gelu",
                "Gelu from opset 20 on; Div, Erf, Mul, Add before; Cast around it for float16",
                Functions::gelu);
        put(table, "erf", "Erf; if it is to be written out, " + ErrorFunction.WRITTEN_OUT, ErrorFunction::lower);
        put(
                table,
                "erfinv",
                "Sub, Mul, Log, Neg, Min, Sqrt, Mul and Add of two polynomials, "
                        + "chosen by Where with Less, Equal and Abs (float32)",
                InverseErrorFunction::lower);
        put(
                table,
                "gammaln",
                "Log, Mul, Add, Sub and Div of Stirling's series, with Where and Less "
                        + "for small values, Sin and Round for "
                        + "negative ones, Abs and Min",
                LogGamma::lower);
        table.put("prelu", "PRelu; Reshape before for a slope per channel", Functions::prelu);
        table.put("leakyRelu", "LeakyRelu", (g, op, in) -> g.node("LeakyRelu", in, "alpha", (float) op.real("alpha")));
        table.put(
                "elu",
                "Elu",
                (g, op, in) -> op.input().type() == ElementType.FLOAT64
                        ? DoubleFunctions.elu(g, in.get(0), op.real("alpha"))
                        : g.node("Elu", in, "alpha", (float) op.real("alpha")));
        table.put("softmax", "Softmax", (g, op, in) -> {
            // The engine takes integers only if there are none.
            return op.output().type().isFloat()
                    ? g.node("Softmax", in, "axis", op.number("axis"))
                    : g.cast(in.get(0), op.output().type());
        });
        table.put("logSoftmax", "LogSoftmax", (g, op, in) -> g.node("LogSoftmax", in, "axis", op.number("axis")));
        table.put("identity", "the array itself", (g, op, in) -> in.get(0));
        table.put("dropout", "the array itself", (g, op, in) -> {
            if (op.flag("training")) {
                throw new UnsupportedOperationException(
                        "active dropout draws random numbers; call forward with training = false");
            }
            return in.get(0);
        });
    }

    /** A function whose argument is first cast to the result's type (an integer's square root is a float). */
    private static void put(
            Operators table, String name, String onnx, BiFunction<GraphBuilder, Value, Value> function) {
        table.put(name, onnx, (g, op, in) -> {
            Value x = g.cast(in.get(0), op.output().type());
            return function.apply(
                    g, new Value(x.name(), op.output().type(), op.output().shape()));
        });
    }

    private static Value sign(GraphBuilder g, Value x) {
        return switch (x.type()) {
            case BOOL -> x;
            case INT64 -> LongIntegers.sign(g, x);
            default ->
                x.type().isFloat()
                        ? g.node("Where", g.node("IsNaN", x), g.scalar(x.type(), 0), g.node("Sign", x))
                        : g.node("Sign", x);
        };
    }

    private static Value relu(GraphBuilder g, Value x) {
        Value zero = g.scalar(x.type(), 0);
        return x.type() == ElementType.INT64
                ? LongIntegers.extreme(g, true, x, zero)
                : x.type().isFloat() ? g.node("Relu", x) : g.node("Max", x, zero);
    }

    private static Value scaled(GraphBuilder g, Value x, double factor, double divisor) {
        return g.node("Div", g.node("Mul", x, g.scalar(x.type(), factor)), g.scalar(x.type(), divisor));
    }

    private static Value abs(GraphBuilder g, Operation op, List<Value> in) {
        return op.input().type() == ElementType.COMPLEX64
                ? Reductions.reduce(g, "ReduceL2", in.get(0), new long[] {-1}, false)
                : g.node("Abs", in);
    }

    /** Reshapes a slope per channel to broadcast along axis 1. */
    private static Value prelu(GraphBuilder g, Operation op, List<Value> in) {
        Operand alpha = op.inputs().get(1);
        if (alpha.rank() <= 1 && alpha.shape().stream().allMatch(size -> size.is(1))) {
            return g.node("PRelu", in);
        }
        long[] shape = new long[op.input().rank() - 1];
        Arrays.fill(shape, 1);
        shape[0] = -1;
        Value slopes = g.node("Reshape", in.get(1), g.integers(shape));
        return g.node("PRelu", in.get(0), slopes);
    }

    /**
     * x/2 (1 + erf(x/sqrt 2)), in the form that ONNX Runtime recognises; opset 20 added the operator Gelu. The engine
     * computes it for float16 in float32, without which 1 + erf has no digits left for negative numbers.
     */
    private static Value gelu(GraphBuilder g, Value x) {
        if (x.type() == ElementType.FLOAT16) {
            return g.cast(gelu(g, g.cast(x, ElementType.FLOAT32)), ElementType.FLOAT16);
        }
        if (g.opset() >= GELU_SINCE) {
            return g.node("Gelu", x);
        }
        ElementType type = x.type();
        Value erf = g.node("Erf", g.node("Div", x, g.scalar(type, Math.sqrt(2))));
        Value half = g.node("Mul", x, g.scalar(type, 0.5));
        return g.node("Mul", half, g.node("Add", erf, g.scalar(type, 1)));
    }
}
