package io.kanerva.spark;

import io.kanerva.runtime.Device;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Planes;
import java.util.Iterator;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;

/** Adds to each row of a partition what its query recalls from its memory. */
final class RecallTask implements MapPartitionsFunction<Row, Row> {

    private final Broadcast<SentBundle> bundle;
    private final Device device;
    private final String keyCol;
    private final String memoryCol;
    private final String queryCol;
    private final int key;
    private final int memory;
    private final int query;
    private final boolean gathersReasons;
    private final int iterations;

    /** @param schema of the rows */
    RecallTask(KanervaRecaller recaller, StructType schema, Broadcast<SentBundle> bundle) {
        this.bundle = bundle;
        device = recaller.device();
        keyCol = recaller.isDefined(recaller.keyCol()) ? recaller.getKeyCol() : null;
        memoryCol = recaller.getMemoryCol();
        queryCol = recaller.getQueryCol();
        key = keyCol == null ? -1 : schema.fieldIndex(keyCol);
        memory = schema.fieldIndex(memoryCol);
        query = schema.fieldIndex(queryCol);
        gathersReasons = recaller.gathersReasons();
        iterations = recaller.getIterations();
    }

    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
        if (!rows.hasNext()) {
            return rows;
        }
        Kanerva kanerva = OpenModels.ofTask(bundle.value(), device);
        Planes size = kanerva.bundle().settings().image();
        LastMemories memories = new LastMemories(kanerva);
        return new Iterator<>() {
            private long number;

            @Override
            public boolean hasNext() {
                return rows.hasNext();
            }

            @Override
            public Row next() {
                Row row = rows.next();
                Object name = name(row, number++);
                try {
                    float[] image = ImageCell.read(row.get(query), size, queryCol, name);
                    return extended(row, memory(memories, row, name).recall(image, iterations), null);
                } catch (RowRefusedException e) {
                    if (!gathersReasons) {
                        throw e;
                    }
                    return extended(row, null, e.getMessage());
                }
            }
        };
    }

    private Recalled memory(LastMemories memories, Row row, Object name) {
        if (row.isNullAt(memory)) {
            throw RowRefusedException.of(memoryCol, name, "a memory", "null");
        }
        return RowRefusedException.naming(memoryCol, name, () -> memories.of(row.getAs(memory)));
    }

    private Object name(Row row, long number) {
        return keyCol != null
                ? new RowName(keyCol, row.get(key), null, null)
                : new RowName("row", number, "partition", TaskContext.getPartitionId());
    }

    private Row extended(Row row, Row result, String reason) {
        int columns = row.size();
        Object[] values = new Object[columns + (gathersReasons ? 2 : 1)];
        for (int i = 0; i < columns; i++) {
            values[i] = row.get(i);
        }
        values[columns] = result;
        if (gathersReasons) {
            values[columns + 1] = reason;
        }
        return RowFactory.create(values);
    }
}
