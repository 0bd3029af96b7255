package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.onnx.ElementType;

/**
 * The inverse of erf in float32, which ONNX lacks: with w = -ln(1 - x^2), x times a polynomial in w - 5/2 where w is
 * less than 5, and in sqrt(w) - 3 elsewhere (M. Giles, "Approximating the erfinv function", GPU Computing Gems, 2011,
 * single precision; relative error about 4e-7).
 */
final class InverseErrorFunction {
    private static final double[] CENTRAL = {
        2.81022636e-08,
        3.43273939e-07,
        -3.5233877e-06,
        -4.39150654e-06,
        0.00021858087,
        -0.00125372503,
        -0.00417768164,
        0.246640727,
        1.50140941
    };
    private static final double[] TAIL = {
        -0.000200214257,
        0.000100950558,
        0.00134934322,
        -0.00367342844,
        0.00573950773,
        -0.0076224613,
        0.00943887047,
        1.00167406,
        2.83297682
    };

    private InverseErrorFunction() {}

    static Value lower(GraphBuilder g, Value x) {
        ElementType type = x.type();
        if (type != ElementType.FLOAT32 && type != ElementType.FLOAT16) {
            throw new UnsupportedOperationException(
                    "the inverse error function is exported with float32's precision; cast " + type
                            + " to float32 first");
        }
        Value one = g.scalar(type, 1);
        // (1 - x)(1 + x) keeps the digits that 1 - x^2 loses near 1.
        Value rest = g.node("Mul", g.node("Sub", one, x), g.node("Add", one, x));
        Value w = g.node("Neg", g.node("Log", rest));
        Value central = Polynomial.of(g, type, CENTRAL, g.node("Sub", w, g.scalar(type, 2.5)));
        // At 1 and -1, w is infinite, and the polynomial would be a difference of infinities.
        Value finite = g.node("Min", w, g.scalar(type, 100));
        Value tail = Polynomial.of(g, type, TAIL, g.node("Sub", g.node("Sqrt", finite), g.scalar(type, 3)));
        Value isCentral = g.node("Less", w, g.scalar(type, 5));
        Value y = g.node("Mul", g.node("Where", isCentral, central, tail), x);
        Value isEnd = g.node("Equal", g.node("Abs", x), one);
        return g.node("Where", isEnd, g.node("Mul", x, g.scalar(type, Double.POSITIVE_INFINITY)), y);
    }
}
