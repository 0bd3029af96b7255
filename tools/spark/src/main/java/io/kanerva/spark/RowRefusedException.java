package io.kanerva.spark;

import io.kanerva.runtime.CapacityException;
import io.kanerva.runtime.MemoryFileException;
import io.kanerva.runtime.TensorException;
import java.util.function.Supplier;

/** Thrown for a row that cannot be used: one sentence with column, row, what was expected and what was found. */
public final class RowRefusedException extends RuntimeException {

    RowRefusedException(String message) {
        super(message);
    }

    /**
     * @param column the column's name
     * @param row which row, such as {@code the row of user = 7, position = 3}
     */
    static RowRefusedException of(String column, Object row, String expected, String found) {
        return new RowRefusedException(
                "column %s in %s: expected %s, found %s".formatted(column, row, expected, found));
    }

    /**
     * The runtime's refusal of what a row holds, with that row's name. What is no row's fault, such as a call that was
     * cancelled, stays what it is: it fails the task, which Spark tries again.
     */
    static <T> T naming(String column, Object row, Supplier<T> call) {
        try {
            return call.get();
        } catch (TensorException | CapacityException | MemoryFileException e) {
            throw new RowRefusedException("column %s in %s: %s".formatted(column, row, e.getMessage()));
        }
    }
}
