package io.kanerva.spark;

import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;
import scala.collection.Seq;

/**
 * Searches the memories of a partition for queries: of rows (key, memory, ids, images) it makes a row for each query
 * with its best match among them. All the rows of a memory come one after the other.
 */
final class FindTask implements MapPartitionsFunction<Row, Row> {

    private static final Comparator<Match> ORDER = Comparator.comparingDouble(Match::score)
            .reversed()
            .thenComparing(Match::key, FindTask::compareKeys)
            .thenComparingLong(Match::sample);

    private final KanervaRecaller recaller;
    private final Broadcast<SentBundle> bundle;

    FindTask(KanervaRecaller recaller, Broadcast<SentBundle> bundle) {
        this.recaller = recaller;
        this.bundle = bundle;
    }

    /** The match of a query is the less, the better, and Spark compares structs as {@link #ORDER} does. */
    static StructType schema(DataType id, DataType key) {
        StructType match = new StructType()
                .add("less", DataTypes.DoubleType)
                .add("key", key)
                .add("sample", DataTypes.LongType);
        return new StructType().add("id", id).add("match", match);
    }

    private record Match(Object key, long sample, float score) {}

    /** As Spark compares keys: strings by their bytes in UTF-8, not by Java's chars. */
    @SuppressWarnings({"unchecked", "rawtypes"})
    private static int compareKeys(Object one, Object other) {
        return one instanceof String text
                ? UTF8String.fromString(text).compareTo(UTF8String.fromString((String) other))
                : ((Comparable) one).compareTo(other);
    }

    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
        if (!rows.hasNext()) {
            return rows;
        }
        LastMemories memories =
                OpenModels.ofTask(bundle.value(), recaller.device()).memories();
        String keyCol = recaller.value(recaller.keyCol());
        String memoryCol = recaller.value(recaller.memoryCol());
        Map<Object, Match> best = new HashMap<>();
        while (rows.hasNext()) {
            Row row = rows.next();
            Object key = row.get(0);
            RowName name = new RowName(keyCol, key, null, null);
            if (key == null) {
                throw RowRefusedException.of(keyCol, name, "a key", "null");
            }
            if (row.isNullAt(1)) {
                throw RowRefusedException.of(memoryCol, name, "a memory", "null");
            }
            Recalled memory = RowRefusedException.naming(memoryCol, name, () -> memories.of(row.getAs(1)));
            Seq<?> ids = row.getAs(2);
            float[] images =
                    new float[ByteBuffer.wrap(row.getAs(3)).asFloatBuffer().remaining()];
            ByteBuffer.wrap(row.getAs(3)).asFloatBuffer().get(images);
            Recalled.Found found = memory.find(images, ids.length());
            for (int query = 0; query < found.samples().length; query++) {
                Match match = new Match(key, found.samples()[query], (float) found.scores()[query] + 0f); // no -0
                best.merge(ids.apply(query), match, (one, other) -> ORDER.compare(one, other) <= 0 ? one : other);
            }
        }
        Iterator<Map.Entry<Object, Match>> entries = best.entrySet().iterator();
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return entries.hasNext();
            }

            @Override
            public Row next() {
                Map.Entry<Object, Match> entry = entries.next();
                Match match = entry.getValue();
                return RowFactory.create(
                        entry.getKey(), RowFactory.create(-(double) match.score, match.key, match.sample));
            }
        };
    }
}
