package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.onnx.ElementType;

/**
 * erf: ONNX's operator Erf or, for equal results on every runtime, polynomials. Runtimes differ in their Erf: ONNX
 * Runtime 1.29 is within 6e-8 of the true value, tract 0.23 within 1.6e-6.
 *
 * <p>The polynomials: for |x| less than 0.8, x + x p(x^2), and elsewhere sign(x) (1 - exp(-a q(a))) with a = min(|x|,
 * 4), where erf is 1 in float32. They are weighted least-squares fits with Lawson's weights, made for this class,
 * within 4e-9 of erf, and within 9e-8 in float32.
 */
final class ErrorFunction {
    static final String WRITTEN_OUT =
            "Mul and Add of two polynomials, chosen by Where with Abs and Less, and Min, Neg, Exp, Sub and Sign";

    /** Highest power first, as in {@link Polynomial}. */
    private static final double[] CENTRAL = {
        9.170734783e-5, -0.0008307490362, 0.005213754251, -0.02686392094, 0.1128376799, -0.3761263797, 0.128379167
    };

    private static final double[] TAIL = {
        -0.0002159421111, 0.003231033498, -0.02294131505, 0.1053415574, 0.6356581535, 1.12853203
    };
    private static final double CENTRAL_BELOW = 0.8;
    private static final double ONE_FROM = 4;

    private ErrorFunction() {}

    static Value lower(GraphBuilder g, Value x) {
        ElementType type = x.type();
        if (!g.writesErfOut() || type != ElementType.FLOAT32) {
            return g.node("Erf", x); // the polynomials have the digits of float32
        }
        Value square = g.node("Mul", x, x);
        Value central = g.node("Add", x, g.node("Mul", x, Polynomial.of(g, type, CENTRAL, square)));
        Value size = g.node("Abs", x);
        Value limited = g.node("Min", size, g.scalar(type, ONE_FROM));
        Value exponent = g.node("Neg", g.node("Mul", limited, Polynomial.of(g, type, TAIL, limited)));
        Value rest = g.node("Sub", g.scalar(type, 1), g.node("Exp", exponent));
        Value tail = g.node("Mul", g.node("Sign", x), rest);
        return g.node("Where", g.node("Less", size, g.scalar(type, CENTRAL_BELOW)), central, tail);
    }
}
