package io.kanerva.runtime;

/** A bundle that cannot be used: a missing, changed or foreign graph, a newer format, a malformed bundle.json. */
public final class BundleException extends KanervaException {

    public BundleException(String format, Object... values) {
        super(null, format, values);
    }

    public BundleException(Throwable cause, String format, Object... values) {
        super(cause, format, values);
    }
}
