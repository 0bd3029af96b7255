package io.kanerva.runtime;

/** A requested device is not available. */
public final class DeviceException extends KanervaException {

    public DeviceException(String format, Object... values) {
        super(null, format, values);
    }

    public DeviceException(Throwable cause, String format, Object... values) {
        super(cause, format, values);
    }
}
