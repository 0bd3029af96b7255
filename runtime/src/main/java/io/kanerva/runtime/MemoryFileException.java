package io.kanerva.runtime;

/** A memory file that cannot be read or written, is damaged, or belongs to another model. */
public final class MemoryFileException extends KanervaException {

    public MemoryFileException(String format, Object... values) {
        super(null, format, values);
    }

    public MemoryFileException(Throwable cause, String format, Object... values) {
        super(cause, format, values);
    }
}
