package io.kanerva.spark;

import io.kanerva.runtime.Planes;
import org.apache.spark.TaskContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF3;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** What a query recalls from a memory, of memory, query and the text of the row's key, if there is one. */
final class RecallFunction implements UDF3<Object, Object, String, Row> {

    /** The result where reasons are gathered. */
    static final StructType WITH_REASON =
            new StructType().add("recall", Recalled.SCHEMA).add("reason", DataTypes.StringType);

    private final KanervaRecaller recaller;
    private final Broadcast<SentBundle> bundle;

    RecallFunction(KanervaRecaller recaller, Broadcast<SentBundle> bundle) {
        this.recaller = recaller;
        this.bundle = bundle;
    }

    @Override
    public Row call(Object memory, Object query, String key) {
        Object name = recaller.isDefined(recaller.keyCol())
                ? new RowName(recaller.value(recaller.keyCol()), key, null, null)
                : "a row of partition " + TaskContext.getPartitionId();
        boolean gathersReasons = recaller.gathersReasons();
        try {
            Row recall = recall(memory, query, name);
            return gathersReasons ? RowFactory.create(recall, null) : recall;
        } catch (RowRefusedException e) {
            if (!gathersReasons) {
                throw e;
            }
            return RowFactory.create(null, e.getMessage());
        }
    }

    /** @param row its name in messages */
    Row recall(Object memory, Object query, Object row) {
        OpenModels.OfTask model = OpenModels.ofTask(bundle.value(), recaller.device());
        Planes size = model.kanerva().bundle().settings().image();
        float[] image = ImageCell.read(query, size, recaller.value(recaller.queryCol()), row);
        String column = recaller.value(recaller.memoryCol());
        if (!(memory instanceof byte[] file)) {
            String found = memory == null ? "null" : memory.getClass().getSimpleName();
            throw RowRefusedException.of(column, row, memory == null ? "a memory" : "binary", found);
        }
        int iterations = recaller.value(recaller.iterations());
        return RowRefusedException.naming(
                column, row, () -> model.memories().of(file).recall(image, iterations));
    }
}
