package io.kanerva.trainer.train;

/** A checkpoint that cannot be read; the message names the file, what was expected and what was found. */
public final class CheckpointException extends RuntimeException {

    CheckpointException(String message) {
        super(message);
    }

    CheckpointException(String message, Throwable cause) {
        super(message, cause);
    }
}
