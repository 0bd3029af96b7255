package io.kanerva.conformance.check;

import io.kanerva.conformance.compare.Precision;
import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.onnx.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** Sets how far an output may differ from the expected one. */
@FunctionalInterface
public interface Budget {
    /** The relative tolerance of the ONNX project's test runner. */
    double ONNX_RELATIVE = 1e-3;

    /**
     * The tolerance of one output.
     *
     * @param expected the expected output, with its name
     * @param runtime the runtime that computed the output
     */
    Tolerance of(Tensor expected, ModelRuntime runtime);

    /**
     * Whether an output that exceeds its tolerance may use the model's own rounding noise too, which is measured then:
     * see {@link RoundingNoise}.
     */
    default boolean allowsNoise() {
        return false;
    }

    /** The tolerance for a model's precision on the runtime's device. */
    static Budget of(Precision precision) {
        return (expected, runtime) -> precision.tolerance(runtime.description().device());
    }

    /** The same tolerance for every output on every runtime. */
    static Budget of(Tolerance tolerance) {
        return (expected, runtime) -> tolerance;
    }

    /**
     * The tolerance that follows, for each output, from what lies between it and the inputs: integers, booleans and
     * strings are exact, and so is what casts, moves, selects or compares alone give; any other floating-point output
     * is held to the coarsest type that it is computed in, and small values to their own size. Quantisation does not
     * loosen it; rounding noise that is measured does.
     *
     * @throws IOException if the file is unreadable or not an ONNX model
     */
    static Budget of(Path model) throws IOException {
        return of(OutputFacts.of(model));
    }

    private static Budget of(Map<String, OutputFacts> facts) {
        return withNoise((expected, runtime) -> facts.getOrDefault(expected.name(), OutputFacts.UNKNOWN)
                .tolerance(expected.type(), runtime.description().device())
                .shrunkTo(expected));
    }

    /**
     * The same for the tests of the ONNX project, whose own runner allows a thousandth of each value, whatever gives
     * it.
     *
     * @throws IOException if the file is unreadable or not an ONNX model
     */
    static Budget ofTests(Path model) throws IOException {
        Map<String, OutputFacts> facts = OutputFacts.of(model);
        facts.replaceAll((output, fact) -> fact.inexact());
        Budget budget = of(facts);
        return withNoise((expected, runtime) -> expected.type().isFloat()
                ? budget.of(expected, runtime).atLeast(ONNX_RELATIVE)
                : budget.of(expected, runtime));
    }

    /** This tolerance for outputs of floating-point types; all others are exact up to rounding noise. */
    static Budget ofFloats(Tolerance tolerance) {
        return withNoise((expected, runtime) -> expected.type().isFloat() ? tolerance : Tolerance.BITS);
    }

    private static Budget withNoise(Budget budget) {
        return new Budget() {
            @Override
            public Tolerance of(Tensor expected, ModelRuntime runtime) {
                return budget.of(expected, runtime);
            }

            @Override
            public boolean allowsNoise() {
                return true;
            }
        };
    }

    /** For outputs of random inputs, whose values may be of any size: see {@link Tolerance#scaledTo}. */
    default Budget scaled() {
        Budget scaled = (expected, runtime) -> of(expected, runtime).scaledTo(expected);
        return allowsNoise() ? withNoise(scaled) : scaled;
    }
}
