package io.kanerva.runtime;

/** A tensor of the wrong shape, with values that are not finite, or outside their range. */
public final class TensorException extends KanervaException {

    public TensorException(String format, Object... values) {
        super(null, format, values);
    }
}
