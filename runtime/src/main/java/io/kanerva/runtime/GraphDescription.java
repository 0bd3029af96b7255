package io.kanerva.runtime;

import java.util.List;

/**
 * One graph of a bundle.
 *
 * @param file its file's path inside the bundle
 * @param sha256 the file's SHA-256, 64 small hexadecimal digits
 * @param inputs its inputs, in order
 * @param outputs its outputs, in order
 */
public record GraphDescription(
        String file, String sha256, List<TensorDescription> inputs, List<TensorDescription> outputs) {

    public GraphDescription {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }

    static GraphDescription from(JsonNode json) {
        return new GraphDescription(
                json.get("file").string(),
                Sha256.checked(json.get("sha256")),
                json.get("inputs").elements().stream()
                        .map(TensorDescription::from)
                        .toList(),
                json.get("outputs").elements().stream()
                        .map(TensorDescription::from)
                        .toList());
    }
}
