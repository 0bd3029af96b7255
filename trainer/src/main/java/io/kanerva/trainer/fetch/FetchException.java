package io.kanerva.trainer.fetch;

/** Thrown if a download fails. The message is one sentence: the file, what was expected, what was found. */
public final class FetchException extends RuntimeException {

    FetchException(String message) {
        super(message);
    }

    FetchException(String message, Throwable cause) {
        super(message, cause);
    }
}
