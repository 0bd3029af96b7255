package io.kanerva.trainer.data;

/**
 * Thrown for a missing, unreadable or malformed data file or folder. The message is one sentence for the user: the
 * file, what was expected, what was found.
 */
public final class DataFormatException extends RuntimeException {

    /** @param message one sentence: file, expected, found */
    public DataFormatException(String message) {
        super(message);
    }

    /**
     * @param message one sentence: file, expected, found
     * @param cause the underlying error
     */
    public DataFormatException(String message, Throwable cause) {
        super(message, cause);
    }
}
