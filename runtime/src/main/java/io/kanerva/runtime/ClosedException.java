package io.kanerva.runtime;

/** A call on a {@link Kanerva} that has been closed. */
public final class ClosedException extends KanervaException {

    ClosedException(String message) {
        super(message);
    }
}
