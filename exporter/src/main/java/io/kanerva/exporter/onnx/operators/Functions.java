package io.kanerva.exporter.onnx.operators;

import ai.djl.ndarray.types.DataType;
import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import java.util.List;
import java.util.function.BiFunction;

/** Functions applied to each element, activations among them. */
final class Functions {
    private static final String[][] SAME = {{"neg", "Neg"}, {"abs", "Abs"}, {"sqrt", "Sqrt"}, {"floor", "Floor"},
        {"ceil", "Ceil"}, {"round", "Round"}, {"exp", "Exp"}, {"log", "Log"}, {"sin", "Sin"}, {"cos", "Cos"}, {"tan", "Tan"},
        {"asin", "Asin"}, {"acos", "Acos"}, {"atan", "Atan"}, {"sinh", "Sinh"}, {"cosh", "Cosh"}, {"tanh", "Tanh"},
        {"sign", "Sign"}, {"erf", "Erf"}, {"relu", "Relu"}, {"sigmoid", "Sigmoid"}, {"softPlus", "Softplus"},
        {"softSign", "Softsign"}, {"selu", "Selu"}};

    private Functions() {
    }

    static void register(Operators table) {
        for (String[] names : SAME) {
            put(table, names[0], (g, x) -> g.node(names[1], List.of(x)));
        }
        put(table, "square", (g, x) -> g.node("Mul", List.of(x, x)));
        put(table, "cbrt", (g, x) -> g.node("Pow", List.of(x, g.scalar(x.type(), 1.0 / 3))));
        put(table, "trunc", (g, x) -> g.node("Mul", List.of(g.node("Sign", List.of(x)),
                g.node("Floor", List.of(g.node("Abs", List.of(x)))))));
        put(table, "log2", (g, x) -> g.node("Div", List.of(g.node("Log", List.of(x)), g.scalar(x.type(), Math.log(2)))));
        put(table, "log10", (g, x) -> g.node("Div", List.of(g.node("Log", List.of(x)), g.scalar(x.type(), Math.log(10)))));
        put(table, "gelu", Functions::gelu);
        table.putSingle("isNaN", (g, op, in) -> g.node("IsNaN", in));
        table.putSingle("isInfinite", (g, op, in) -> g.node("IsInf", in));
        table.putSingle("leakyRelu", (g, op, in) -> g.node("LeakyRelu", in, "alpha", (float) op.real("alpha")));
        table.putSingle("elu", (g, op, in) -> g.node("Elu", in, "alpha", (float) op.real("alpha")));
        table.putSingle("softmax", (g, op, in) -> g.node("Softmax", in, "axis", op.number("axis")));
        table.putSingle("logSoftmax", (g, op, in) -> g.node("LogSoftmax", in, "axis", op.number("axis")));
        table.putSingle("identity", (g, op, in) -> in.get(0));
        table.putSingle("dropout", (g, op, in) -> {
            if (op.flag("training")) {
                throw new UnsupportedOperationException("dropout that is active draws random numbers");
            }
            return in.get(0);
        });
    }

    /** A function whose argument is first brought to the result's type (a whole number's square root is a float). */
    private static void put(Operators table, String name, BiFunction<GraphBuilder, Value, Value> function) {
        table.putSingle(name, (g, op, in) -> function.apply(g, g.cast(in.get(0), op.output().type())));
    }

    /** x/2 (1 + erf(x/sqrt 2)), written as ONNX Runtime recognises it; the operator Gelu came with opset 20. */
    private static Value gelu(GraphBuilder g, Value x) {
        DataType type = x.type();
        Value erf = g.node("Erf", List.of(g.node("Div", List.of(x, g.scalar(type, Math.sqrt(2))))));
        Value half = g.node("Mul", List.of(x, g.scalar(type, 0.5)));
        return g.node("Mul", List.of(half, g.node("Add", List.of(erf, g.scalar(type, 1)))));
    }
}
