package io.kanerva.conformance.runtime;

import java.nio.file.Path;

/**
 * One model to run on one set of inputs.
 *
 * @param model an .onnx file
 * @param inputs folder of input_0.pb, input_1.pb, ... in the order of the graph's inputs
 * @param optimised whether graph optimisations are on
 * @param timed whether only the time is wanted: its outputs are not kept
 */
public record Job(Path model, Path inputs, boolean optimised, boolean timed) {

    /** A job whose outputs are wanted. */
    public Job(Path model, Path inputs, boolean optimised) {
        this(model, inputs, optimised, false);
    }

    /** The same once more, for its time. */
    public Job again() {
        return new Job(model, inputs, optimised, true);
    }
}
