package io.kanerva.runtime;

import java.util.List;

/**
 * One graph of a bundle.
 *
 * @param file its file's path inside the bundle
 * @param sha256 the file's SHA-256, 64 lower-case hexadecimal digits
 * @param inputs its inputs, in order
 * @param outputs its outputs, in order
 */
public record GraphDescription(
        String file, String sha256, List<TensorDescription> inputs, List<TensorDescription> outputs) {

    public GraphDescription {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }
}
