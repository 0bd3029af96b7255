package io.kanerva.runtime;

/** A bundle that cannot be used: a missing, changed or foreign graph, a newer format, a malformed bundle.json. */
public final class BundleException extends KanervaException {

    BundleException(String message) {
        super(message);
    }

    BundleException(String message, Throwable cause) {
        super(message, cause);
    }
}
