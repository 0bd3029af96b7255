package io.kanerva.conformance.check;

import io.kanerva.conformance.compare.Precision;
import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.onnx.Tensor;

/** Sets how far an output may differ from the expected one. */
@FunctionalInterface
public interface Budget {

    /**
     * The tolerance of one output.
     *
     * @param expected the expected output, with its name
     * @param runtime the runtime that computed the output
     */
    Tolerance of(Tensor expected, ModelRuntime runtime);

    /** The tolerance for a model's precision on the runtime's device. */
    static Budget of(Precision precision) {
        return (expected, runtime) -> precision.tolerance(runtime.description().device());
    }

    /** The same tolerance for every output on every runtime. */
    static Budget of(Tolerance tolerance) {
        return (expected, runtime) -> tolerance;
    }

    /** For outputs of random inputs, whose values may be of any size: see {@link Tolerance#scaledTo}. */
    default Budget scaled() {
        return (expected, runtime) -> of(expected, runtime).scaledTo(expected);
    }
}
