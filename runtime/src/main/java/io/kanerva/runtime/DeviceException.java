package io.kanerva.runtime;

/** A device that was asked for by name and cannot be had. */
public final class DeviceException extends KanervaException {

    DeviceException(String message) {
        super(message);
    }

    DeviceException(String message, Throwable cause) {
        super(message, cause);
    }
}
