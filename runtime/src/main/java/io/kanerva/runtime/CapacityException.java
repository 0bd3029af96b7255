package io.kanerva.runtime;

/** An episode with more samples than the heap writer has slots for. */
public final class CapacityException extends KanervaException {

    public CapacityException(String format, Object... values) {
        super(null, format, values);
    }
}
