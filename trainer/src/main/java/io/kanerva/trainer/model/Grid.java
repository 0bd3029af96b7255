package io.kanerva.trainer.model;

/**
 * Rows and columns: of the values in one channel of a block, or of the slots of a heap.
 *
 * @param rows at least 1, except for {@link #NONE}
 * @param columns at least 1, except for {@link #NONE}
 */
public record Grid(int rows, int columns) {
    /** No slots. */
    public static final Grid NONE = new Grid(0, 0);

    /** Rows times columns. */
    public int size() {
        return rows * columns;
    }

    /** A grid of {@code down} by {@code across} of these. */
    Grid times(int down, int across) {
        return new Grid(rows * down, columns * across);
    }

    /** For example {@code 7 x 7}. */
    @Override
    public String toString() {
        return rows + " x " + columns;
    }
}
