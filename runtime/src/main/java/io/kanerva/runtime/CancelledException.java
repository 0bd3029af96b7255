package io.kanerva.runtime;

/** A call that was ended before its result: its {@link CallLimit} was reached, or its model was closed. */
public final class CancelledException extends KanervaException {

    public CancelledException(String format, Object... values) {
        super(null, format, values);
    }
}
