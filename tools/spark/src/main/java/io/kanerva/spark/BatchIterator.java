package io.kanerva.spark;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Queue;
import org.apache.spark.sql.Row;

/** The rows that a partition becomes, made batch by batch and only when they are asked for. */
abstract class BatchIterator implements Iterator<Row> {

    private final Queue<Row> made = new ArrayDeque<>();

    /** Adds the rows of the next batch, in order. Called while there is input; may add none. */
    abstract void make(Queue<Row> rows);

    /** Whether there is input left. */
    abstract boolean hasInput();

    @Override
    public final boolean hasNext() {
        while (made.isEmpty() && hasInput()) {
            make(made);
        }
        return !made.isEmpty();
    }

    @Override
    public final Row next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return made.remove();
    }
}
