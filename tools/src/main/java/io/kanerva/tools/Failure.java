package io.kanerva.tools;

/** A command failed. The message is the one sentence that the user reads; the exit code is 1. */
public final class Failure extends RuntimeException {

    /** @param message one sentence: what, expected, found */
    public Failure(String message) {
        super(message);
    }

    /**
     * @param message one sentence: what, expected, found
     * @param cause shown with {@code --stacktrace}
     */
    public Failure(String message, Throwable cause) {
        super(message, cause);
    }
}
