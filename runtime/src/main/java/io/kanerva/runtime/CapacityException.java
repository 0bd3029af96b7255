package io.kanerva.runtime;

/** More samples than one memory takes: {@link ModelSettings#capacity()}. */
public final class CapacityException extends KanervaException {

    public CapacityException(String format, Object... values) {
        super(null, format, values);
    }
}
