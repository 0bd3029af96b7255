package io.kanerva.runtime;

/**
 * What every failure of this package is: unchecked, with one sentence that names the file, graph or
 * tensor, what was expected and what was found.
 */
public abstract sealed class KanervaException extends RuntimeException
        permits BundleException,
                CapacityException,
                ClosedException,
                DeviceException,
                InferenceException,
                MemoryFileException,
                TensorException {

    KanervaException(String message) {
        super(message);
    }

    KanervaException(String message, Throwable cause) {
        super(message, cause);
    }
}
