package io.kanerva.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

/** Memories and changes that cannot be used: nothing is lost, and no sentence is the shuffle's choice. */
@EnabledForJreRange(max = JRE.JAVA_23, disabledReason = "Hadoop 3.4.1, which Spark 4.0 brings, calls getSubject")
class UpdateRefusalsTest {

    private static final Object GOOD = LocalSpark.png(LocalSpark.image(0));

    private static Dataset<Row> changes(Row... rows) {
        StructType schema = new StructType()
                .add("key", DataTypes.LongType)
                .add("place", DataTypes.IntegerType)
                .add("action", DataTypes.StringType)
                .add("image", DataTypes.BinaryType);
        return LocalSpark.session().createDataFrame(List.of(rows), schema);
    }

    private static Dataset<Row> memories(List<byte[]> files) {
        StructType schema = new StructType().add("key", DataTypes.LongType).add("memory", DataTypes.BinaryType);
        List<Row> rows = files.stream().map(file -> RowFactory.create(1L, file)).toList();
        return LocalSpark.session().createDataFrame(rows, schema);
    }

    @Test
    void memoriesThatCannotBeReadAreReasonsAndKeepTheirBytes() {
        byte[] broken = {1, 2, 3};
        StructType schema = new StructType().add("id", DataTypes.LongType).add("memory", DataTypes.BinaryType);
        Dataset<Row> memories = LocalSpark.session().createDataFrame(List.of(RowFactory.create(1L, broken)), schema);
        Dataset<Row> none = RefusalsTest.rows(DataTypes.BinaryType)
                .withColumnRenamed("key", "id")
                .withColumn("action", functions.lit("free"));
        // The key's name is that of a column inside.
        KanervaWriter writer = RefusalsTest.writer().setKeyCol("id").setOnError("reason");
        Row kept = writer.update(memories, none).collectAsList().get(0);
        assertThat(kept.<byte[]>getAs("memory")).isEqualTo(broken);
        assertThat(kept.isNullAt(2)).isTrue();
        assertThat(kept.getString(3)).startsWith("column memory in the row of id = 1: heap in bytes: expected");
        assertThatThrownBy(() -> writer.copy(new ParamMap())
                        .setBundle(LocalSpark.bundle("mnist-pooled-fp16"))
                        .update(memories, none))
                .hasMessageContaining("expected a heap writer with dereferenced keys, whose memories grow");
        assertThatThrownBy(() -> new KanervaRecaller().setIterations(10_001)).hasMessageContaining("iterations");
    }

    @Test
    void changesThatCannotBeMadeNameTheirRow() {
        KanervaWriter writer = RefusalsTest.writer().setKeepsIds(true).setOnError("fail");
        Dataset<Row> memories = writer.transform(
                        RefusalsTest.rows(DataTypes.BinaryType, RowFactory.create(1L, 4, GOOD)))
                .localCheckpoint();
        Object[][] cases = {
            {RowFactory.create(1L, 4, "write", GOOD), "column place in the row of key = 1, place = 4: MemoryHeap:"},
            {RowFactory.create(1L, 5, "free", null), "column place in the row of key = 1, place = 5: MemoryHeap:"},
            {RowFactory.create(2L, 5, "free", null), "column place in the row of key = 2, place = 5: MemoryHeap:"},
            {RowFactory.create(1L, null, "free", null), "column place in the row of key = 1, place = null: expected the"
            },
            {RowFactory.create(1L, 4, "drop", null), "column action in the row of key = 1, place = 4: expected one of"},
            {RowFactory.create(1L, 4, "replace", null), "column image in the row of key = 1, place = 4: expected an"},
            {RowFactory.create(null, 4, "free", null), "column key in the row of key = null, place = 4: expected a key"
            },
        };
        for (Object[] each : cases) {
            Dataset<Row> changes = changes((Row) each[0]);
            List<Row> reasons = writer.copy(new ParamMap())
                    .setOnError("reason")
                    .update(memories, changes)
                    .filter("reason is not null")
                    .collectAsList();
            assertThat(reasons).as(each[1].toString()).hasSize(1);
            assertThat(reasons.get(0).getString(3)).startsWith((String) each[1]);
            boolean known = Long.valueOf(1).equals(reasons.get(0).get(0));
            assertThat(reasons.get(0).<byte[]>getAs(1))
                    .as("the memory as it was")
                    .isEqualTo(known ? memories.first().<byte[]>getAs(1) : null);
            assertThat(reasons.get(0).get(2)).isEqualTo(known ? 1 : null);
        }
        assertThatThrownBy(() -> writer.update(
                                memories.union(memories),
                                RefusalsTest.rows(DataTypes.BinaryType).withColumn("action", functions.lit("free")))
                        .collectAsList())
                .hasStackTraceContaining(
                        "column key in the row of key = 1: expected one memory of each key, found two");
    }

    @Test
    void ofSeveralMemoriesOfOneKeyEachKeepsItsBytes() {
        KanervaWriter writer = RefusalsTest.writer().setKeepsIds(true);
        List<byte[]> files = new ArrayList<>();
        files.add(null);
        for (int id = 1; id <= 2; id++) {
            files.add(writer.transform(RefusalsTest.rows(DataTypes.BinaryType, RowFactory.create(1L, id, GOOD)))
                    .first()
                    .getAs("memory"));
        }
        files.sort(Arrays::compare);
        assertThat(files.get(1)).isNotEqualTo(files.get(2));
        writer.setOnError("reason");
        for (int turn = 0; turn < 3; turn++) {
            List<byte[]> shuffled = new ArrayList<>(files);
            Collections.rotate(shuffled, turn);
            Dataset<Row> changes = turn == 0 ? changes() : changes(RowFactory.create(1L, 9, "write", GOOD));
            List<Row> kept = writer.update(memories(shuffled), changes).collectAsList();
            assertThat(kept).extracting(row -> row.<byte[]>getAs(1)).containsExactlyElementsOf(files);
            assertThat(kept).extracting(row -> row.get(2)).containsExactly(null, 1, 1);
            assertThat(kept)
                    .extracting(row -> row.getString(3))
                    .containsOnly("column key in the row of key = 1: expected one memory of each key, found two");
        }
    }

    @Test
    void theReasonOfTwoChangesDoesNotDependOnWhichOfThemComesFirst() {
        KanervaWriter writer = RefusalsTest.writer().setKeepsIds(true).setOnError("reason");
        Row[][] pairs = {
            {RowFactory.create(1L, 5, "write", null), RowFactory.create(1L, 5, "write", GOOD)},
            {RowFactory.create(1L, 5, "drop", null), RowFactory.create(1L, 5, "erase", GOOD)},
        };
        String[] reasons = {
            "column place in the row of key = 1, place = 5: expected one write of each sample, found two",
            "column action in the row of key = 1, place = 5: expected one of [free, replace, write], found drop"
        };
        for (int pair = 0; pair < pairs.length; pair++) {
            for (int first = 0; first < 2; first++) {
                Dataset<Row> changes = changes(pairs[pair][first], pairs[pair][1 - first]);
                assertThat(writer.update(memories(List.of()), changes).collectAsList())
                        .containsExactly(RowFactory.create(1L, null, null, reasons[pair]));
            }
        }
    }
}
