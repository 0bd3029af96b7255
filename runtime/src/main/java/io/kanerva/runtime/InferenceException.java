package io.kanerva.runtime;

/** ONNX Runtime failed while it ran a graph, or a graph returned what its bundle does not promise. */
public final class InferenceException extends KanervaException {

    public InferenceException(String format, Object... values) {
        super(null, format, values);
    }

    public InferenceException(Throwable cause, String format, Object... values) {
        super(cause, format, values);
    }
}
