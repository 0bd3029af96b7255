package io.kanerva.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kanerva.runtime.Device;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Lookup;
import io.kanerva.runtime.Memory;
import io.kanerva.runtime.MemoryHeap;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A memory among many: what an exhaustive search by the plain runtime finds. */
@EnabledForJreRange(max = JRE.JAVA_23, disabledReason = "Hadoop 3.4.1, which Spark 4.0 brings, calls getSubject")
class FindTest {

    private static final DataType FLOATS = DataTypes.createArrayType(DataTypes.FloatType);

    /** That are asked for: 60 are in memories. */
    private static final int IMAGES = 75;

    private static KanervaRecaller finder(String bundle) {
        return new KanervaRecaller()
                .setBundle(LocalSpark.bundle(bundle))
                .setKeyCol("user")
                .setQueryKeyCol("number")
                .setOutputCol("found");
    }

    private static Dataset<Row> memories(int partitions, Row... rows) {
        StructType schema = new StructType().add("user", DataTypes.StringType).add("memory", DataTypes.BinaryType);
        return LocalSpark.session().createDataFrame(Arrays.asList(rows), schema).repartition(partitions);
    }

    private static Dataset<Row> queries(Row... rows) {
        StructType schema =
                new StructType().add("number", DataTypes.IntegerType).add("query", FLOATS);
        return LocalSpark.session().createDataFrame(Arrays.asList(rows), schema);
    }

    /** An image whose lower half is missing. */
    private static float[] half(int image) {
        float[] query = LocalSpark.floats(LocalSpark.image(image));
        Arrays.fill(query, query.length / 2, query.length, 0);
        return query;
    }

    private static Row query(int number, int image) {
        return RowFactory.create(number, LocalSpark.sequence(half(image)));
    }

    private static Map<Integer, Row> byNumber(Dataset<Row> found) {
        Map<Integer, Row> rows = new HashMap<>();
        for (Row row : found.collectAsList()) {
            assertThat(rows.put(row.getInt(0), row)).isNull();
        }
        return rows;
    }

    /** More queries than are searched for at once, and memories of 1 to 5 samples. */
    @ParameterizedTest
    @ValueSource(strings = {"fashion-mnist", "mnist-pooled-fp16"})
    void theBestOfAllMemoriesIsThatOfAnExhaustiveSearchWhateverThePartitions(String bundle) {
        List<Row> rows = new ArrayList<>();
        List<Row> queries = new ArrayList<>();
        Map<Integer, Row> expected = new HashMap<>();
        try (Kanerva kanerva = Kanerva.load(Path.of(LocalSpark.bundle(bundle)), Device.CPU)) {
            List<Memory> memories = new ArrayList<>();
            int image = 0;
            for (int episode = 0; episode < 20; episode++) {
                int[] images = new int[1 + episode % 5];
                for (int i = 0; i < images.length; i++) {
                    images[i] = image++;
                }
                memories.add(kanerva.write(LocalSpark.episode(images)));
                rows.add(RowFactory.create(
                        "user " + episode, memories.get(episode).toBytes()));
            }
            for (int number = 0; number < 300; number++) {
                queries.add(query(number, number % IMAGES));
            }
            for (int number = 0; number < IMAGES; number++) {
                Row best = null;
                for (int episode = 0; episode < memories.size(); episode++) {
                    FloatTensor one = new FloatTensor(half(number), 1, 1, 1, 28, 28);
                    Lookup found = kanerva.lookUp(memories.get(episode), one);
                    double score = found.scores().get(0, 0);
                    if (best == null || score > best.getDouble(2)) {
                        best = RowFactory.create("user " + episode, (long) found.samples()[0], score);
                    }
                }
                for (int same = number; same < 300; same += IMAGES) {
                    expected.put(same, RowFactory.create(same, best));
                }
            }
        }
        for (int partitions : new int[] {1, 7}) {
            Dataset<Row> found = finder(bundle)
                    .find(memories(partitions, rows.toArray(new Row[0])), queries(queries.toArray(new Row[0])));
            assertThat(byNumber(found)).isEqualTo(expected);
        }
        assertThat(expected.get(11).getStruct(1).getString(0)).isEqualTo("user 4");
        assertThat(expected.get(11).getStruct(1).getLong(1)).isOne();
    }

    /** At most 256, or a MB. */
    @Test
    void queriesAreGatheredIntoRowsOfAsManyAsAreSearchedForAtOnce() {
        KanervaRecaller finder = finder("fashion-mnist");
        Row[] rows = new Row[300];
        Arrays.setAll(rows, number -> query(number, 0));
        Dataset<Row> asked = queries(rows).coalesce(1);
        assertThat(asked.mapPartitions(
                                new QueryTask(finder, finder.sent(asked, unused -> {})),
                                Encoders.row(QueryTask.schema(DataTypes.IntegerType)))
                        .selectExpr("size(ids)", "length(images)")
                        .collectAsList())
                .containsExactly(RowFactory.create(256, 256 * 4 * 784), RowFactory.create(44, 44 * 4 * 784));
    }

    @Test
    void ofEqualScoresTheLeastKeyCountsAsSparkOrdersKeys() {
        byte[] same;
        try (Kanerva kanerva = Kanerva.load(Path.of(LocalSpark.bundle("fashion-mnist")), Device.CPU)) {
            same = kanerva.write(LocalSpark.episode(3, 4)).toBytes();
        }
        // In UTF-8 the second is less, in Java's chars the first.
        Row[] rows = {RowFactory.create("\uD801\uDC37", same), RowFactory.create("\uFF5E", same)};
        for (int partitions : new int[] {1, 2}) {
            Row row = finder("fashion-mnist")
                    .find(memories(partitions, rows), queries(query(1, 4)))
                    .first();
            assertThat(row.getStruct(1).getString(0)).isEqualTo("\uFF5E");
            assertThat(row.getStruct(1).getLong(1)).isEqualTo(1);
        }
    }

    @Test
    void samplesThatWereFreedAreNotFoundAndMemoriesWithoutSamplesHoldNothing() {
        byte[] heap;
        byte[] empty;
        byte[] plain;
        try (Kanerva kanerva = Kanerva.load(Path.of(LocalSpark.bundle("fashion-mnist")), Device.CPU)) {
            MemoryHeap made = kanerva.heap();
            made.write(
                    new long[] {70, 1L << 40, -3},
                    new FloatTensor(LocalSpark.episode(0, 1, 2).data(), 3, 1, 28, 28));
            made.free(70);
            heap = made.toBytes();
            MemoryHeap one = kanerva.heap();
            one.write(5, new FloatTensor(LocalSpark.floats(LocalSpark.image(0)), 1, 28, 28));
            empty = one.toBytes();
            int flag = empty.length - 33;
            assertThat(empty[flag]).isEqualTo((byte) 1);
            empty[flag] = 0;
            byte[] digest = SentBundle.sha256(Arrays.copyOf(empty, empty.length - 32));
            System.arraycopy(digest, 0, empty, empty.length - 32, 32);
            plain = kanerva.write(LocalSpark.episode(2)).toBytes();
        }
        KanervaRecaller finder = finder("fashion-mnist");
        Dataset<Row> all = memories(
                2, RowFactory.create("heap", heap), RowFactory.create("empty", empty), RowFactory.create("one", plain));
        Map<Integer, Row> found = byNumber(finder.find(all, queries(query(0, 0), query(1, 1), query(2, 2))));
        assertThat(found.get(0).getStruct(1).getLong(1)).isNotEqualTo(70);
        assertThat(found.get(0).getStruct(1).getString(0)).isNotEqualTo("empty");
        assertThat(found.get(1).getStruct(1).getLong(1)).isEqualTo(1L << 40);
        // The same image in a heap, whose scores are float64, and in a memory, whose scores are float32.
        assertThat(found.get(2).getStruct(1).getString(0)).isEqualTo("heap");
        assertThat(found.get(2).getStruct(1).getLong(1)).isEqualTo(-3);
        for (Row[] none : new Row[][] {{}, {RowFactory.create("empty", empty)}}) {
            assertThat(finder.find(memories(1, none), queries(query(0, 0))).collectAsList())
                    .containsExactly(RowFactory.create(0, null));
        }
        assertThat(finder.find(all, queries()).collectAsList()).isEmpty();
    }

    @Test
    void whatCannotBeUsedEndsTheJobOrIsAReasonOfItsQuery() {
        byte[] foreign;
        byte[] own;
        try (Kanerva kanerva = Kanerva.load(Path.of(LocalSpark.bundle("mnist-fp16")), Device.CPU)) {
            foreign = kanerva.write(LocalSpark.episode(0)).toBytes();
        }
        try (Kanerva kanerva = Kanerva.load(Path.of(LocalSpark.bundle("fashion-mnist")), Device.CPU)) {
            own = kanerva.write(LocalSpark.episode(0)).toBytes();
        }
        KanervaRecaller finder = finder("fashion-mnist");
        KanervaRecaller reasons = finder("fashion-mnist").setOnError("reason");
        Row good = RowFactory.create("own", own);
        Map<Row, String> wrong = Map.of(
                RowFactory.create("other", foreign),
                "column memory in the row of user = other: memory in bytes: the memory belongs to another model: "
                        + "expected model id",
                RowFactory.create("none", null),
                "column memory in the row of user = none: expected a memory, found null",
                RowFactory.create("half", Arrays.copyOf(own, own.length / 2)),
                "column memory in the row of user = half: memory in bytes: expected",
                RowFactory.create(null, own),
                "column user in the row of user = null: expected a key, found null");
        wrong.forEach((row, sentence) -> {
            // Only one of both, as each failing job takes its time.
            KanervaRecaller one = row.isNullAt(1) ? reasons : finder;
            assertThatThrownBy(() -> one.find(memories(1, good, row), queries(query(0, 0)))
                            .collectAsList())
                    .hasStackTraceContaining(sentence);
        });
        float[] broken = half(1);
        broken[9] = Float.NaN;
        Row[] asked = {
            query(0, 0),
            RowFactory.create(1, LocalSpark.sequence(broken)),
            query(2, 0),
            query(2, 1),
            RowFactory.create(null, LocalSpark.sequence(half(0))),
            RowFactory.create(null, LocalSpark.sequence(half(1))),
            RowFactory.create(3, null)
        };
        Map<Object, String> sentences = new HashMap<>();
        sentences.put(1, "column query in the row of number = 1: expected numbers from 0 to 1, found NaN at 9");
        sentences.put(2, "column number in the row of number = 2: expected one query of each key, found two");
        sentences.put(null, "column number in the row of number = null: expected a key, found null");
        sentences.put(
                3,
                "column query in the row of number = 3: expected an image struct of Spark, binary (the bytes "
                        + "of a picture file) or array<float>, found null");
        Map<Object, String> found = new HashMap<>();
        List<Row> answers = reasons.find(memories(1, good), queries(asked)).collectAsList();
        assertThat(answers).as("a row for each query").hasSize(asked.length);
        for (Row row : answers) {
            assertThat(row.isNullAt(1)).isEqualTo(row.getString(2) != null);
            found.put(row.get(0), row.getString(2));
        }
        sentences.put(0, null);
        assertThat(found).isEqualTo(sentences);
        assertThatThrownBy(() -> finder.find(memories(1, good), queries(asked[2], asked[3]))
                        .collectAsList())
                .hasStackTraceContaining(sentences.get(2));
        assertThatThrownBy(() -> finder("fashion-mnist").setIterations(2).find(memories(1, good), queries(asked)))
                .hasMessageEndingWith("find: expected iterations of 1, found 2");
        assertThatThrownBy(() -> finder.find(queries(asked).withColumnRenamed("number", "user"), queries(asked)))
                .hasMessageContaining("memoryCol: expected one column memory, found 0");
        assertThatThrownBy(() -> finder("fashion-mnist").setOutputCol("Number").find(memories(1, good), queries(asked)))
                .hasMessageContaining("expected a new name for column Number, found number");
    }
}
