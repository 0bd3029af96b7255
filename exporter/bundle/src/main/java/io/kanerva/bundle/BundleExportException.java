package io.kanerva.bundle;

/** A bundle cannot be written. The message names the folder, what was expected and what was found. */
public final class BundleExportException extends RuntimeException {

    BundleExportException(String message) {
        super(message);
    }

    BundleExportException(String message, Throwable cause) {
        super(message, cause);
    }
}
