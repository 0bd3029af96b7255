package io.kanerva.spark;

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
}
