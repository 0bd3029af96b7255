package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.onnx.ElementType;
import java.util.Map;
import java.util.function.BiFunction;

/** Functions of float64 that ONNX Runtime has no kernels for on CPUs, written in others. */
final class DoubleFunctions {
    private static final double SELU_ALPHA = 1.6732632423543772;
    private static final double SELU_SCALE = 1.0507009873554805;

    private static final Map<String, BiFunction<GraphBuilder, Value, Value>> TABLE = Map.of(
            "tan", (g, x) -> g.node("Div", g.node("Sin", x), g.node("Cos", x)),
            "cosh", DoubleFunctions::cosh,
            // Where x is near 0, so is the first factor, to full precision.
            "sinh", (g, x) -> g.node("Mul", g.node("Tanh", x), cosh(g, x)),
            // ONNX Runtime fuses x * Sigmoid(x) to an operator without such a kernel.
            "sigmoid",
                    (g, x) -> g.node("Div", number(g, 1), g.node("Add", g.node("Exp", g.node("Neg", x)), number(g, 1))),
            "softPlus", DoubleFunctions::softPlus,
            "softSign", (g, x) -> g.node("Div", x, g.node("Add", g.node("Abs", x), number(g, 1))),
            "selu", (g, x) -> g.node("Mul", elu(g, x, SELU_ALPHA), number(g, SELU_SCALE)));

    private DoubleFunctions() {}

    static boolean contains(String name, ElementType type) {
        return type == ElementType.FLOAT64 && TABLE.containsKey(name);
    }

    static Value lower(GraphBuilder g, String name, Value x) {
        return TABLE.get(name).apply(g, x);
    }

    private static Value number(GraphBuilder g, double value) {
        return g.scalar(ElementType.FLOAT64, value);
    }

    private static Value cosh(GraphBuilder g, Value x) {
        return g.node("Mul", g.node("Add", g.node("Exp", x), g.node("Exp", g.node("Neg", x))), number(g, 0.5));
    }

    /** max(x, 0) + log(1 + e^-|x|). */
    private static Value softPlus(GraphBuilder g, Value x) {
        Value small = g.node("Exp", g.node("Neg", g.node("Abs", x)));
        return g.node("Add", g.node("Max", x, number(g, 0)), g.node("Log", g.node("Add", small, number(g, 1))));
    }

    /** x above 0, alpha (e^x - 1) below. */
    static Value elu(GraphBuilder g, Value x, double alpha) {
        Value below = g.node("Sub", g.node("Exp", g.node("Min", x, number(g, 0))), number(g, 1));
        return g.node("Where", g.node("Greater", x, number(g, 0)), x, g.node("Mul", below, number(g, alpha)));
    }
}
