package io.kanerva.spark;

import io.kanerva.runtime.Planes;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import scala.collection.immutable.ArraySeq;

/**
 * Gathers queries (id, image), which come sorted by id, into rows of many, as many as a memory is searched for at once.
 * A query that is refused becomes a row of its own, which says why.
 */
final class QueryTask implements MapPartitionsFunction<Row, Row> {

    /** Queries of a row, at most: 0.8 MB of Fashion-MNIST's. */
    private static final int MOST = 256;

    /** The bytes of their images, at most, unless one alone has more. */
    private static final int BYTES = 1 << 20;

    private final KanervaRecaller recaller;
    private final Broadcast<SentBundle> bundle;

    QueryTask(KanervaRecaller recaller, Broadcast<SentBundle> bundle) {
        this.recaller = recaller;
        this.bundle = bundle;
    }

    /** Either ids and as many images, or an id and a reason. */
    static StructType schema(DataType id) {
        return new StructType()
                .add("ids", DataTypes.createArrayType(id, false))
                .add("images", DataTypes.BinaryType)
                .add("refused", id)
                .add("reason", DataTypes.StringType);
    }

    @Override
    public Iterator<Row> call(Iterator<Row> rows) {
        if (!rows.hasNext()) {
            return rows;
        }
        return new Gathered(
                rows,
                OpenModels.ofTask(bundle.value(), recaller.device())
                        .kanerva()
                        .bundle()
                        .settings()
                        .image());
    }

    private final class Gathered extends BatchIterator {
        private final Iterator<Row> rows;
        private final Planes size;
        private final int most;
        private Object before;
        private Row ahead;

        Gathered(Iterator<Row> rows, Planes size) {
            this.rows = rows;
            this.size = size;
            most = Math.max(1, Math.min(MOST, BYTES / (size.floats() * Float.BYTES)));
            ahead = rows.next();
        }

        @Override
        boolean hasInput() {
            return ahead != null;
        }

        @Override
        void make(Queue<Row> made) {
            List<Object> ids = new ArrayList<>();
            ByteBuffer images = ByteBuffer.allocate(most * size.floats() * Float.BYTES);
            while (ahead != null && ids.size() < most) {
                Row row = ahead;
                ahead = rows.hasNext() ? rows.next() : null;
                try {
                    for (float value : image(row)) {
                        images.putFloat(value);
                    }
                    ids.add(row.get(0));
                } catch (RowRefusedException e) {
                    if (!recaller.gathersReasons()) {
                        throw e;
                    }
                    made.add(RowFactory.create(null, null, row.get(0), e.getMessage()));
                }
                before = row.get(0);
            }
            if (!ids.isEmpty()) {
                byte[] bytes = new byte[images.flip().remaining()];
                images.get(bytes);
                made.add(RowFactory.create(ArraySeq.unsafeWrapArray(ids.toArray()), bytes, null, null));
            }
        }

        private float[] image(Row row) {
            Object id = row.get(0);
            String idCol = recaller.value(recaller.queryKeyCol());
            RowName name = new RowName(idCol, id, null, null);
            if (id == null) {
                throw RowRefusedException.of(idCol, name, "a key", "null");
            }
            if (id.equals(before) || ahead != null && id.equals(ahead.get(0))) {
                throw RowRefusedException.of(idCol, name, "one query of each key", "two");
            }
            return ImageCell.read(row.get(1), size, recaller.value(recaller.queryCol()), name);
        }
    }
}
