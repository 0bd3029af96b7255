package io.kanerva.runtime;

/** ONNX Runtime failed, or a graph returned another shape than its bundle states. */
public final class InferenceException extends KanervaException {

    public InferenceException(Throwable cause, String format, Object... values) {
        super(cause, format, values);
    }
}
