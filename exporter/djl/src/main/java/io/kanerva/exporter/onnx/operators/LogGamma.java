package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.onnx.ElementType;

/**
 * The logarithm of |gamma(x)|, for which ONNX has no operator: Stirling's series from 8 on, the recurrence gamma(x + 1)
 * = x gamma(x) below, and the reflection gamma(x) gamma(1 - x) = pi / sin(pi x) below 1/2 (Abramowitz and Stegun,
 * 6.1.15, 6.1.17 and 6.1.41). Its error is about 2e-6 in float32, from rounding alone.
 */
final class LogGamma {
    private static final int SERIES_FROM = 8;
    private static final double[] SERIES = {1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680};

    private LogGamma() {}

    static Value lower(GraphBuilder g, Value x) {
        ElementType type = x.type();
        Value isReflected = g.node("Less", x, g.scalar(type, 0.5));
        Value argument = g.node("Where", isReflected, g.node("Sub", g.scalar(type, 1), x), x);
        Value value = ofPositive(g, type, argument);
        // Reducing the angle first keeps the sine accurate far from zero.
        Value angle = g.node("Mul", g.node("Sub", x, g.node("Round", x)), g.scalar(type, Math.PI));
        Value sine = g.node("Abs", g.node("Sin", angle));
        Value reflected = g.node("Sub", g.node("Log", g.node("Div", g.scalar(type, Math.PI), sine)), value);
        return g.node("Where", isReflected, reflected, value);
    }

    private static Value ofPositive(GraphBuilder g, ElementType type, Value x) {
        Value isSmall = g.node("Less", x, g.scalar(type, SERIES_FROM));
        Value small = g.node("Min", x, g.scalar(type, SERIES_FROM));
        Value product = small;
        for (int i = 1; i < SERIES_FROM; i++) {
            product = g.node("Mul", product, g.node("Add", small, g.scalar(type, i)));
        }
        Value shifted = g.node("Where", isSmall, g.node("Add", x, g.scalar(type, SERIES_FROM)), x);
        Value inShift = g.node("Where", isSmall, g.node("Log", product), g.scalar(type, 0));
        return g.node("Sub", stirling(g, type, shifted), inShift);
    }

    /** (x - 1/2) (log x - 1) - 1/2 + log(2 pi)/2 and the series in 1/x: infinite only where the result is. */
    private static Value stirling(GraphBuilder g, ElementType type, Value x) {
        Value inverse = g.node("Div", g.scalar(type, 1), x);
        Value square = g.node("Mul", inverse, inverse);
        Value series = g.scalar(type, SERIES[SERIES.length - 1]);
        for (int i = SERIES.length - 2; i >= 0; i--) {
            series = g.node("Add", g.node("Mul", series, square), g.scalar(type, SERIES[i]));
        }
        Value logarithm = g.node(
                "Mul", g.node("Sub", x, g.scalar(type, 0.5)), g.node("Sub", g.node("Log", x), g.scalar(type, 1)));
        Value sum = g.node("Add", g.node("Mul", series, inverse), g.scalar(type, 0.5 * Math.log(2 * Math.PI) - 0.5));
        return g.node("Add", logarithm, sum);
    }
}
