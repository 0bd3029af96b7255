package io.kanerva.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kanerva.runtime.Device;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Memory;
import io.kanerva.runtime.MemoryHeap;
import io.kanerva.runtime.Recall;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@EnabledForJreRange(max = JRE.JAVA_23, disabledReason = "Hadoop 3.4.1, which Spark 4.0 brings, calls getSubject")
class KanervaRecallerTest {

    private static final StructType SCHEMA = new StructType()
            .add("key", DataTypes.StringType)
            .add("memory", DataTypes.BinaryType)
            .add("query", DataTypes.createArrayType(DataTypes.FloatType));

    private static final KanervaRecaller RECALLER =
            new KanervaRecaller().setKeyCol("key").setIterations(2);

    /** A query and its damaged half. */
    private static float[] query(int channels, int side, int number) {
        float[] query = new float[channels * side * side];
        for (int i = 0; i < query.length / 2; i++) {
            query[i] = LocalSpark.floats(LocalSpark.image(number))[i % LocalSpark.FLOATS];
        }
        return query;
    }

    private static Dataset<Row> dataset(List<Row> rows, int partitions) {
        return LocalSpark.session().createDataFrame(rows, SCHEMA).repartition(partitions);
    }

    /** Of cifar10 the bits of a recall from a heap depend on the number of queries: each must be recalled alone. */
    @ParameterizedTest
    @ValueSource(strings = {"fashion-mnist", "cifar10", "mnist-pooled-fp16"})
    void recallsAreThoseOfThePlainRuntimeWhateverThePartitions(String bundle) {
        List<Row> rows = new ArrayList<>();
        List<Row> expected = new ArrayList<>();
        try (Kanerva kanerva = Kanerva.load(Path.of(LocalSpark.bundle(bundle)), Device.CPU)) {
            int channels = kanerva.bundle().settings().image().channels();
            int side = kanerva.bundle().settings().image().height();
            for (int episode = 0; episode < 12; episode++) {
                FloatTensor images = FloatTensor.zeros(1, 3, channels, side, side);
                for (int sample = 0; sample < 3; sample++) {
                    float[] image = query(channels, side, 3 * episode + sample);
                    System.arraycopy(image, 0, images.data(), sample * image.length, image.length);
                }
                Memory memory = kanerva.write(images);
                for (int sample = 0; sample < 3; sample++) {
                    float[] query = query(channels, side, 3 * episode + sample);
                    Recall recall = kanerva.recall(memory, new FloatTensor(query, 1, 1, channels, side, side), 2);
                    int found = recall.lookups().get(1).samples()[0];
                    String key = episode + "/" + sample;
                    rows.add(RowFactory.create(key, memory.toBytes(), LocalSpark.sequence(query)));
                    expected.add(RowFactory.create(
                            key,
                            (long) found,
                            (double) recall.lookups().get(1).scores().get(0, 0),
                            LocalSpark.sequence(recall.images().data())));
                }
            }
        }
        for (int partitions : new int[] {1, 5}) {
            List<Row> found = RECALLER.setBundle(LocalSpark.bundle(bundle))
                    .transform(dataset(rows, partitions))
                    .select("key", "recall.sample", "recall.score", "recall.image")
                    .collectAsList();
            assertThat(found).containsExactlyInAnyOrderElementsOf(expected);
        }
    }

    /** Java's dates and timestamps of 1582 and before are those of another calendar. */
    @ParameterizedTest
    @ValueSource(strings = {"fail", "reason"})
    void whatElseARowHasStaysAsItIs(String onError) {
        byte[] memory;
        try (Kanerva kanerva = Kanerva.load(Path.of(LocalSpark.bundle("fashion-mnist")), Device.CPU)) {
            memory = kanerva.write(LocalSpark.episode(0, 1, 2)).toBytes();
        }
        Dataset<Row> rows = dataset(List.of(RowFactory.create("a", memory, LocalSpark.sequence(query(1, 28, 2)))), 1)
                .selectExpr(
                        "key as `the key`",
                        "memory",
                        "query",
                        "date'1582-10-10' as `a.date`",
                        "timestamp'1000-01-01 12:00:00 UTC' as time",
                        "interval '1-2' year to month as span",
                        "map('k', struct(date'0004-02-29' as day, cast(null as void) as nothing)) as nested",
                        "parse_json('[1, {}]') as json",
                        "1 as twice",
                        "2 as twice");
        String[] others = {
            "string(`a.date`)", "unix_micros(time)", "string(span)", "string(nested)", "string(json)", "`the key`"
        };
        KanervaRecaller recaller = new KanervaRecaller()
                .setBundle(LocalSpark.bundle("fashion-mnist"))
                .setKeyCol("the key")
                .setOnError(onError);
        Dataset<Row> recalled = recaller.transform(rows);
        assertThat(recalled.schema()).isEqualTo(recaller.transformSchema(rows.schema()));
        assertThat(recalled.selectExpr(others).first())
                .isEqualTo(rows.selectExpr(others).first());
        assertThat(recalled.selectExpr(others).first().getString(0)).isEqualTo("1582-10-10");
        assertThat(recalled.select("recall.sample").first().getLong(0)).isEqualTo(2);
    }

    @Test
    void memoriesThatAreKeptTakeLittleOfJavasHeap() {
        try (Kanerva kanerva = Kanerva.load(Path.of(LocalSpark.bundle("fashion-mnist")), Device.CPU)) {
            LastMemories last = new LastMemories(kanerva);
            byte[] small = kanerva.write(LocalSpark.episode(0)).toBytes();
            byte[] large = kanerva.write(LocalSpark.episode(new int[4000])).toBytes();
            assertThat(last.of(small)).isSameAs(last.of(small.clone()));
            last.of(kanerva.write(LocalSpark.episode(1)).toBytes());
            assertThat(last.count()).isEqualTo(2);
            last.of(large);
            assertThat(last.count()).as("only the large one").isOne();
            last.of(small);
            assertThat(last.count()).as("only the small one").isOne();
        }
    }

    @Test
    void samplesOfMemoriesWithIdsAreNamedByTheirIds() {
        MemoryHeap heap;
        Row expected;
        try (Kanerva kanerva = Kanerva.load(Path.of(LocalSpark.bundle("fashion-mnist")), Device.CPU)) {
            heap = kanerva.heap();
            heap.write(
                    new long[] {70, 1L << 40, -3},
                    new FloatTensor(LocalSpark.episode(0, 1, 2).data(), 3, 1, 28, 28));
            heap.free(70);
            FloatTensor first = heap.recall(new FloatTensor(query(1, 28, 2), 1, 28, 28));
            MemoryHeap.Found found = heap.lookUp(first);
            expected = RowFactory.create(
                    found.ids()[0],
                    found.scores()[0],
                    LocalSpark.sequence(heap.recall(first).data()));
        }
        Dataset<Row> rows =
                dataset(List.of(RowFactory.create("a", heap.toBytes(), LocalSpark.sequence(query(1, 28, 2)))), 1);
        Dataset<Row> recalled =
                RECALLER.setBundle(LocalSpark.bundle("fashion-mnist")).transform(rows);
        assertThat(recalled.select("recall.sample", "recall.score", "recall.image")
                        .collectAsList())
                .containsExactly(expected);
        assertThat(expected.getLong(0)).isEqualTo(-3);
    }

    @Test
    void sqlFunctionsWriteAndRecallAsTheStagesDo() {
        SparkSession spark = LocalSpark.session();
        KanervaFunctions.register(spark, LocalSpark.bundle("fashion-mnist"));
        StructType schema = new StructType()
                .add("key", DataTypes.IntegerType)
                .add("place", DataTypes.IntegerType)
                .add("image", DataTypes.BinaryType);
        List<Row> rows = new ArrayList<>();
        for (int place = 8; place >= 0; place--) {
            rows.add(RowFactory.create(place % 2, place, LocalSpark.png(LocalSpark.image(place))));
        }
        Dataset<Row> images = spark.createDataFrame(rows, schema).repartition(3);
        images.createOrReplaceTempView("images");
        spark.sql("select key, kanerva_write(transform(array_sort(collect_list(struct(place, image))), s -> s.image))"
                        + " as memory from images group by key")
                .createOrReplaceTempView("memories");
        List<Row> memories = new KanervaWriter()
                .setBundle(LocalSpark.bundle("fashion-mnist"))
                .setKeyCol("key")
                .setOrderCol("place")
                .transform(images)
                .select("key", "memory")
                .orderBy("key")
                .collectAsList();
        List<Row> written = spark.sql("select * from memories order by key").collectAsList();
        assertThat(written).hasSize(2);
        for (int key = 0; key < 2; key++) {
            assertThat(written.get(key).<byte[]>getAs(1))
                    .isEqualTo(memories.get(key).<byte[]>getAs(1));
        }
        List<Row> recalled = spark.sql("select place, kanerva_recall(memory, image).sample from images join memories"
                        + " using (key) order by place")
                .collectAsList();
        for (int place = 0; place < 9; place++) {
            assertThat(recalled.get(place)).isEqualTo(RowFactory.create(place, (long) place / 2));
        }
        assertThat(spark.sql("select kanerva_recall(null, image) from images")
                        .first()
                        .isNullAt(0))
                .isTrue();
        assertThatThrownBy(() -> spark.sql("select kanerva_recall('text', image) from images")
                        .collectAsList())
                .hasStackTraceContaining("column memory in kanerva_recall: expected binary, found String");
        assertThatThrownBy(() ->
                        spark.sql("select kanerva_write(image) from images").collectAsList())
                .hasStackTraceContaining("column images in kanerva_write: expected an array of images, found byte[]");
        assertThatThrownBy(() -> spark.sql("select kanerva_recall(image, image) from images")
                        .collectAsList())
                .hasStackTraceContaining(
                        "column memory in kanerva_recall: memory in bytes: expected a memory file, which"
                                + " starts with KANMEMRY, found another kind of file");
    }
}
