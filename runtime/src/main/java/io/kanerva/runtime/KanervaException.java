package io.kanerva.runtime;

import java.util.Arrays;

/**
 * Any failure of this package, with a one-sentence message that names the file, graph or tensor, what was expected and
 * what was found.
 */
public abstract sealed class KanervaException extends RuntimeException
        permits BundleException,
                CapacityException,
                ClosedException,
                DeviceException,
                InferenceException,
                MemoryFileException,
                TensorException {

    /** @param values for the format; an int array is written as a shape, {@code [1, 28, 28]} */
    KanervaException(Throwable cause, String format, Object... values) {
        super(format.formatted(readable(values)), cause);
    }

    private static Object[] readable(Object[] values) {
        for (int i = 0; i < values.length; i++) {
            values[i] = values[i] instanceof int[] shape ? Arrays.toString(shape) : values[i];
        }
        return values;
    }
}
