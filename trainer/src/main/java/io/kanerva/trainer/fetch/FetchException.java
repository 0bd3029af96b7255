package io.kanerva.trainer.fetch;

/** A file could not be fetched. The message is one sentence: which file, what was expected, what was found. */
public final class FetchException extends RuntimeException {

    FetchException(String message) {
        super(message);
    }

    FetchException(String message, Throwable cause) {
        super(message, cause);
    }
}
