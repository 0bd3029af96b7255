package io.kanerva.conformance.runtime;

import java.nio.file.Path;

/**
 * One model to run on one set of inputs.
 *
 * @param model an .onnx file
 * @param inputs folder of input_0.pb, input_1.pb, ... in the order of the graph's inputs
 * @param optimised whether graph optimisations are on
 */
public record Job(Path model, Path inputs, boolean optimised) {}
