package io.kanerva.trainer.data;

/**
 * A data file or data folder is not what it should be. The message is one sentence for the person who named the file:
 * which file, what was expected, what was found.
 */
public final class DataFormatException extends RuntimeException {

    /** @param message one sentence: file, expected, found */
    public DataFormatException(String message) {
        super(message);
    }

    /**
     * @param message one sentence: file, expected, found
     * @param cause what the JDK reported
     */
    public DataFormatException(String message, Throwable cause) {
        super(message, cause);
    }
}
