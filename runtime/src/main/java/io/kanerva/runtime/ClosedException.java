package io.kanerva.runtime;

/** A call on a {@link Kanerva} that has been closed, or a load while the process is ending. */
public final class ClosedException extends KanervaException {

    public ClosedException(String format, Object... values) {
        super(null, format, values);
    }
}
