package io.kanerva.runtime;

import io.kanerva.runtime.bundle.Text;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * Any failure of this package, with a one-sentence message that names the file, graph or tensor, what was expected and
 * what was found.
 */
public abstract sealed class KanervaException extends RuntimeException
        permits BundleException,
                CancelledException,
                CapacityException,
                ClosedException,
                DeviceException,
                InferenceException,
                MemoryFileException,
                TensorException {

    /**
     * @param values for the format; an int array is written as a shape, {@code [1, 28, 28]}, and control characters in
     *     text are written out, since a message may reach a terminal
     */
    KanervaException(Throwable cause, String format, Object... values) {
        super(format.formatted(readable(values)), cause);
    }

    private static Object[] readable(Object[] values) {
        for (int i = 0; i < values.length; i++) {
            if (values[i] instanceof int[] shape) {
                values[i] = Arrays.toString(shape);
            } else if (!(values[i] instanceof Number)) {
                values[i] = Text.plain(String.valueOf(values[i])
                        .strip()
                        .lines()
                        .map(String::strip)
                        .collect(Collectors.joining(" ")));
            }
        }
        return values;
    }
}
