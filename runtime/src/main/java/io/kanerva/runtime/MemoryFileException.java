package io.kanerva.runtime;

/** A memory file that cannot be read or written, is damaged, or belongs to another model. */
public final class MemoryFileException extends KanervaException {

    MemoryFileException(String message) {
        super(message);
    }

    MemoryFileException(String message, Throwable cause) {
        super(message, cause);
    }
}
