package io.kanerva.spark;

import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.MemoryHeap;
import io.kanerva.runtime.Planes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.functions;

/**
 * Changes the memories of a partition, whose rows (key, id, action, image, memory, turn) are sorted by key, turn, id
 * and action: first a key's memory, then its changes.
 */
final class UpdateTask implements MapPartitionsFunction<Row, Row> {

    /** In the order in which they take effect: places that are freed are filled again. */
    private static final List<String> ACTIONS = List.of("free", "replace", "write");

    private final KanervaWriter writer;
    private final Broadcast<SentBundle> bundle;
    private final String keyCol;
    private final String orderCol;
    private final boolean gathersReasons;

    UpdateTask(KanervaWriter writer, Broadcast<SentBundle> bundle) {
        this.writer = writer;
        this.bundle = bundle;
        keyCol = writer.value(writer.keyCol());
        orderCol = writer.value(writer.orderCol());
        gathersReasons = writer.gathersReasons();
    }

    /** When an action takes effect: 0 is the memory's own row, and what is no action comes last. */
    static Column turn(Column action) {
        Column turn = functions.lit(ACTIONS.size() + 1);
        for (int i = 0; i < ACTIONS.size(); i++) {
            turn = functions.when(action.equalTo(ACTIONS.get(i)), i + 1).otherwise(turn);
        }
        return turn;
    }

    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
        if (!rows.hasNext()) {
            return rows;
        }
        return new Changed(
                rows, OpenModels.ofTask(bundle.value(), writer.device()).kanerva());
    }

    private final class Changed extends BatchIterator {
        private final Iterator<Row> rows;
        private final Kanerva kanerva;
        private Row ahead;

        Changed(Iterator<Row> rows, Kanerva kanerva) {
            this.rows = rows;
            this.kanerva = kanerva;
            ahead = rows.next();
        }

        @Override
        boolean hasInput() {
            return ahead != null;
        }

        @Override
        void make(Queue<Row> made) {
            Object key = ahead.get(0);
            List<byte[]> files = new ArrayList<>(); // one or, of a new key, none; of several, nothing is changed
            MemoryHeap heap = null;
            String refusal = null;
            do {
                Row row = ahead;
                ahead = rows.hasNext() ? rows.next() : null;
                if (isMemory(row)) {
                    files.add(row.getAs(4));
                }
                if (refusal == null) {
                    try {
                        if (key == null) {
                            throw RowRefusedException.of(keyCol, name(row), "a key", "null");
                        }
                        // Whichever of two the shuffle has put first, and whatever it holds.
                        boolean twice = isOf(key)
                                && row.getInt(5) == ahead.getInt(5)
                                && Objects.equals(row.get(1), ahead.get(1));
                        if (isMemory(row)) {
                            requireMemory(row, twice);
                        } else {
                            heap = heap == null ? heap(key, files.isEmpty() ? null : files.get(0)) : heap;
                            change(heap, row, twice);
                        }
                    } catch (RowRefusedException e) {
                        refusal = reason(e);
                    }
                }
            } while (isOf(key));
            if (heap == null || refusal != null) {
                keep(made, key, files, refusal);
            } else if (heap.size() > 0) {
                made.add(row(key, heap.toBytes(), heap.size(), null));
            }
        }

        /** Whether a row of the same key follows; those without a key have nothing in common. */
        private boolean isOf(Object key) {
            return ahead != null && key != null && key.equals(ahead.get(0));
        }

        /** Memories as they came, also if changes to them are refused, so that saving the result loses nothing. */
        private void keep(Queue<Row> made, Object key, List<byte[]> files, String refusal) {
            if (files.isEmpty()) {
                made.add(row(key, null, null, refusal));
            }
            files.sort(Arrays::compare); // the shuffle has put them in any order
            for (byte[] file : files) {
                Integer samples = null;
                String why = refusal;
                if (file != null) {
                    try {
                        samples = heap(key, file).size();
                    } catch (RowRefusedException e) {
                        why = why == null ? reason(e) : why;
                    }
                }
                made.add(row(key, file, samples, why));
            }
        }

        private String reason(RowRefusedException e) {
            if (!gathersReasons) {
                throw e;
            }
            return e.getMessage();
        }

        private Row row(Object key, byte[] file, Integer samples, String reason) {
            return gathersReasons
                    ? RowFactory.create(key, file, samples, reason)
                    : RowFactory.create(key, file, samples);
        }

        private void requireMemory(Row row, boolean twice) {
            if (twice) {
                throw RowRefusedException.of(keyCol, name(row), "one memory of each key", "two");
            }
            if (row.isNullAt(4)) {
                throw RowRefusedException.of(writer.value(writer.memoryCol()), name(row), "a memory", "null");
            }
        }

        private MemoryHeap heap(Object key, byte[] file) {
            return file == null
                    ? kanerva.heap()
                    : RowRefusedException.naming(
                            writer.value(writer.memoryCol()),
                            new RowName(keyCol, key, null, null),
                            () -> kanerva.loadHeap(file));
        }

        private void change(MemoryHeap heap, Row row, boolean twice) {
            RowName name = name(row);
            String action = row.getString(2);
            if (!ACTIONS.contains(action)) {
                throw RowRefusedException.of(
                        writer.value(writer.actionCol()),
                        name,
                        "one of " + ACTIONS,
                        action == null ? "null" : RowName.shown(action));
            }
            if (row.isNullAt(1)) {
                throw RowRefusedException.of(orderCol, name, "the sample's id", "null");
            }
            if (twice) {
                throw RowRefusedException.of(orderCol, name, "one %s of each sample".formatted(action), "two");
            }
            long id = row.getLong(1);
            RowRefusedException.naming(orderCol, name, () -> {
                switch (action) {
                    case "free" -> heap.free(id);
                    case "replace" -> heap.replace(id, image(row, name));
                    default -> heap.write(id, image(row, name));
                }
                return heap;
            });
        }

        private FloatTensor image(Row row, RowName name) {
            Planes size = kanerva.bundle().settings().image();
            return new FloatTensor(
                    ImageCell.read(row.get(3), size, writer.value(writer.imageCol()), name),
                    size.channels(),
                    size.height(),
                    size.width());
        }
    }

    private static boolean isMemory(Row row) {
        return row.getInt(5) == 0;
    }

    private RowName name(Row row) {
        return isMemory(row)
                ? new RowName(keyCol, row.get(0), null, null)
                : new RowName(keyCol, row.get(0), orderCol, row.get(1));
    }
}
