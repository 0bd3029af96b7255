package io.kanerva.runtime;

/** ONNX Runtime failed while it ran a graph, or a graph returned what its bundle does not promise. */
public final class InferenceException extends KanervaException {

    InferenceException(String message) {
        super(message);
    }

    InferenceException(String message, Throwable cause) {
        super(message, cause);
    }
}
