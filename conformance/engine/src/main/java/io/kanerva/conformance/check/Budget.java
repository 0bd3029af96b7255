package io.kanerva.conformance.check;

import io.kanerva.conformance.compare.Precision;
import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.onnx.Tensor;

/** Says how far an output may be from what is expected. */
@FunctionalInterface
public interface Budget {

    /**
     * The tolerance of one output.
     *
     * @param expected what it is compared with, under the output's name
     * @param runtime what computed it
     */
    Tolerance of(Tensor expected, ModelRuntime runtime);

    /** What a model's precision allows on the runtime's device. */
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
