package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.onnx.ElementType;

/** A polynomial of each element by Horner's rule: Mul and Add. */
final class Polynomial {
    private Polynomial() {}

    /** @param coefficients from the highest power to the lowest */
    static Value of(GraphBuilder g, ElementType type, double[] coefficients, Value x) {
        Value sum = g.scalar(type, coefficients[0]);
        for (int i = 1; i < coefficients.length; i++) {
            sum = g.node("Add", g.node("Mul", sum, x), g.scalar(type, coefficients[i]));
        }
        return sum;
    }
}
