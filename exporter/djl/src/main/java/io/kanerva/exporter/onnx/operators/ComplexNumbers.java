package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.util.List;

/**
 * Sums, differences, products and quotients of complex arrays, which are float arrays with real and imaginary parts on
 * a last axis. One side may be a real array or a number, whose last axis is 1.
 */
final class ComplexNumbers {
    private ComplexNumbers() {}

    static boolean areIn(Operation op) {
        return op.output().type() == ElementType.COMPLEX64;
    }

    /** @param onnx {@code Add}, {@code Sub}, {@code Mul} or {@code Div} */
    static Value arithmetic(GraphBuilder g, Operation op, List<Value> in, String onnx) {
        boolean isComplex = op.input().type() == ElementType.COMPLEX64;
        boolean isOtherComplex = in.size() > 1 && op.inputs().get(1).type() == ElementType.COMPLEX64;
        Value a = isComplex ? in.get(0) : real(g, in.get(0));
        Value b = isOtherComplex
                ? in.get(1)
                : in.size() > 1 ? real(g, in.get(1)) : Arithmetic.number(g, op, "other", ElementType.FLOAT32);
        return switch (onnx) {
            case "Add", "Sub" -> g.node(onnx, isComplex ? a : pair(g, a), isOtherComplex ? b : pair(g, b));
            case "Mul" -> isComplex && isOtherComplex ? product(g, a, b) : g.node("Mul", a, b);
            default -> isOtherComplex ? quotient(g, isComplex ? a : pair(g, a), b) : g.node("Div", a, b);
        };
    }

    private static Value real(GraphBuilder g, Value x) {
        return g.node("Unsqueeze", g.cast(x, ElementType.FLOAT32), g.integers(-1));
    }

    /** A real array or number with an imaginary part of 0. */
    private static Value pair(GraphBuilder g, Value real) {
        return g.node("Mul", real, g.constant(Tensor.of(new float[] {1, 0}, 2)));
    }

    private static Value product(GraphBuilder g, Value a, Value b) {
        List<Value> left = g.nodes("Split", 2, List.of(a, g.integers(1, 1)), "axis", -1);
        List<Value> right = g.nodes("Split", 2, List.of(b, g.integers(1, 1)), "axis", -1);
        Value real = g.node("Sub", g.node("Mul", left.get(0), right.get(0)), g.node("Mul", left.get(1), right.get(1)));
        Value imaginary =
                g.node("Add", g.node("Mul", left.get(0), right.get(1)), g.node("Mul", left.get(1), right.get(0)));
        return g.node("Concat", List.of(real, imaginary), "axis", -1);
    }

    /** a conj(b) / |b|^2. */
    private static Value quotient(GraphBuilder g, Value a, Value b) {
        Value conjugate = g.node("Mul", b, g.constant(Tensor.of(new float[] {1, -1}, 2)));
        Value square = Reductions.reduce(g, "ReduceSum", g.node("Mul", b, b), new long[] {-1}, true);
        return g.node("Div", product(g, a, conjugate), square);
    }
}
