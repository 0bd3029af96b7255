package io.kanerva.trainer.picture;

/**
 * Thrown for a picture that cannot be read. The message is one sentence: the file, what was expected, what was found.
 */
public final class PictureException extends RuntimeException {

    /**
     * @param message one sentence: the file, what was expected, what was found
     * @param cause the underlying error
     */
    public PictureException(String message, Throwable cause) {
        super(message, cause);
    }
}
