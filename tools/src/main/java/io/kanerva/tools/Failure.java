package io.kanerva.tools;

/**
 * The command cannot do what it was asked to. The message is the one sentence that the person at the terminal reads;
 * the exit code is 1.
 */
public final class Failure extends RuntimeException {

    /** @param message one sentence: what, expected, found */
    public Failure(String message) {
        super(message);
    }

    /**
     * @param message one sentence: what, expected, found
     * @param cause what lies behind it, shown with {@code --stacktrace}
     */
    public Failure(String message, Throwable cause) {
        super(message, cause);
    }
}
