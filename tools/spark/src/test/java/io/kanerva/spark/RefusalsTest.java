package io.kanerva.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kanerva.runtime.BundleException;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.spark.ml.image.ImageSchema;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What outsiders bring: right, or refused in a sentence with column, row, what was expected and what was found. */
@EnabledForJreRange(max = JRE.JAVA_23, disabledReason = "Hadoop 3.4.1, which Spark 4.0 brings, calls getSubject")
class RefusalsTest {

    private static final byte[] GREY = LocalSpark.image(0);
    private static final DataType FLOATS = DataTypes.createArrayType(DataTypes.FloatType);
    private static final DataType DOUBLES = DataTypes.createArrayType(DataTypes.DoubleType);

    static KanervaWriter writer() {
        return new KanervaWriter()
                .setBundle(LocalSpark.bundle("fashion-mnist"))
                .setKeyCol("key")
                .setOrderCol("place")
                .setMaxSamples(3);
    }

    static Dataset<Row> rows(DataType image, Row... rows) {
        StructType schema = new StructType()
                .add("key", DataTypes.LongType)
                .add("place", DataTypes.IntegerType)
                .add("image", image);
        return LocalSpark.session().createDataFrame(Arrays.asList(rows), schema);
    }

    private static Object with(float value) {
        float[] floats = LocalSpark.floats(GREY);
        floats[5] = value;
        return LocalSpark.sequence(floats);
    }

    private static DataType nullable(StructType struct) {
        StructType nullable = new StructType();
        for (StructField field : struct.fields()) {
            nullable = nullable.add(field.name(), field.dataType(), true);
        }
        return nullable;
    }

    static Stream<Arguments> rowsThatCannotBeUsed() {
        Object good = LocalSpark.png(GREY);
        DataType struct = ImageSchema.columnSchema();
        byte[] colour = new byte[3 * 28 * 28];
        Object[] holed = new Object[784];
        return Stream.of(
                Arguments.of(
                        DataTypes.BinaryType,
                        List.of(RowFactory.create(null, 1, good)),
                        "column key in the row of key = null, place = 1: expected a key, found null"),
                Arguments.of(
                        DataTypes.BinaryType,
                        List.of(RowFactory.create(7L, null, good)),
                        "column place in the row of key = 7, place = null: expected the sample's place in its episode,"
                                + " found null"),
                Arguments.of(
                        DataTypes.BinaryType,
                        List.of(RowFactory.create(7L, 1, new byte[9]), RowFactory.create(7L, 1, good)),
                        "column place in the row of key = 7, place = 1: expected a value that no other sample of the"
                                + " episode has, found it twice"),
                Arguments.of(
                        DataTypes.BinaryType,
                        List.of(RowFactory.create(7L, 1, null)),
                        "column image in the row of key = 7, place = 1: expected an image struct of Spark, binary (the"
                                + " bytes of a picture file) or array<float>, found null"),
                Arguments.of(
                        DataTypes.BinaryType,
                        List.of(RowFactory.create(7L, 1, Arrays.copyOf((byte[]) good, 90))),
                        "column image in the row of key = 7, place = 1: expected a complete PNG file, found a truncated"
                                + " one"),
                Arguments.of(
                        DataTypes.BinaryType,
                        List.of(RowFactory.create(7L, 1, new byte[] {1, 2, 3})),
                        "column image in the row of key = 7, place = 1: expected"),
                Arguments.of(
                        struct,
                        List.of(RowFactory.create(7L, 1, LocalSpark.struct(colour, 28, 28, 3, 16))),
                        "column image in the row of key = 7, place = 1: expected an image of "
                                + "28 x 28 pixels in grey, found"
                                + " 28 x 28 pixels in 3 channels"),
                Arguments.of(
                        struct,
                        List.of(RowFactory.create(7L, 1, LocalSpark.struct(colour, 56, 42, 1, 0))),
                        "column image in the row of key = 7, place = 1: expected an image of "
                                + "28 x 28 pixels in grey, found"
                                + " 56 x 42 pixels in grey"),
                Arguments.of(
                        struct,
                        List.of(RowFactory.create(7L, 1, LocalSpark.struct(colour, 28, 28, 1, 0))),
                        "column image in the row of key = 7, place = 1: expected 784 bytes of data, found 2352"),
                Arguments.of(
                        struct,
                        List.of(RowFactory.create(7L, 1, LocalSpark.struct(GREY, 28, 28, 1, 5))),
                        "column image in the row of key = 7, place = 1: expected 1 channel in mode 0 (CV_8UC1) or 3 in"
                                + " mode 16 (CV_8UC3), found 1 in mode 5"),
                Arguments.of(
                        struct,
                        List.of(RowFactory.create(7L, 1, LocalSpark.struct(new byte[0], -1, -1, -1, -1))),
                        "column image in the row of key = 7, place = 1: expected an image, "
                                + "found one that Spark could not"
                                + " decode (mode -1)"),
                Arguments.of(
                        nullable(ImageSchema.columnSchema()),
                        List.of(RowFactory.create(7L, 1, LocalSpark.struct(null, 28, 28, 1, 0))),
                        "column image in the row of key = 7, place = 1: expected an image, found null as its data"),
                Arguments.of(
                        FLOATS,
                        List.of(RowFactory.create(7L, 1, with(Float.NaN))),
                        "column image in the row of key = 7, place = 1: expected numbers from 0 to 1, found NaN at 5"),
                Arguments.of(
                        FLOATS,
                        List.of(RowFactory.create(7L, 1, with(-1e-9f))),
                        "column image in the row of key = 7, place = 1: expected numbers from "
                                + "0 to 1, found -1.0E-9 at 5"),
                Arguments.of(
                        FLOATS,
                        List.of(RowFactory.create(7L, 1, with(255))),
                        "column image in the row of key = 7, place = 1: expected numbers from "
                                + "0 to 1, found 255.0 at 5"),
                Arguments.of(
                        FLOATS,
                        List.of(RowFactory.create(7L, 1, LocalSpark.sequence(new float[783]))),
                        "column image in the row of key = 7, place = 1: expected 784 numbers, 1 x 28 x 28, found 783"),
                Arguments.of(
                        DOUBLES,
                        List.of(RowFactory.create(7L, 1, holed)),
                        "column image in the row of key = 7, place = 1: expected floats or doubles, found null at 0"),
                Arguments.of(
                        DataTypes.BinaryType,
                        Stream.of(1, 2, 3, 4)
                                .map(i -> RowFactory.create(7L, i, good))
                                .toList(),
                        "column key in the row of key = 7, place = 4: expected at most 3 samples in an episode, found"
                                + " more"));
    }

    @ParameterizedTest
    @MethodSource("rowsThatCannotBeUsed")
    void aRowThatCannotBeUsedIsAReasonBesideGoodEpisodes(DataType type, List<Row> bad, String reason) {
        Row[] rows = bad.toArray(new Row[0]);
        List<Row> written =
                writer().setOnError("reason").transform(rows(type, rows)).collectAsList();
        assertThat(written).hasSize(1);
        assertThat(written.get(0).getString(3)).startsWith(reason);
        assertThat(written.get(0).isNullAt(1)).isTrue();
        assertThat(written.get(0).isNullAt(2)).isTrue();
    }

    @Test
    void theJobFailsWithTheSentenceUnlessReasonsAreAskedFor() {
        Object good = LocalSpark.png(GREY);
        Dataset<Row> rows = rows(
                DataTypes.BinaryType,
                RowFactory.create(1L, 1, good),
                RowFactory.create(2L, 2, new byte[9]),
                RowFactory.create(null, 2, good),
                RowFactory.create(null, 2, good));
        assertThatThrownBy(() -> writer().transform(rows).collectAsList())
                .hasStackTraceContaining("RowRefusedException: column ");
        List<Row> written =
                writer().setOnError("reason").setPartitions(1).transform(rows).collectAsList();
        assertThat(written.stream().map(row -> row.isNullAt(3))).containsExactly(false, false, true, false);
        assertThat(written.get(2).getInt(2)).isEqualTo(1);
    }

    @Test
    void doublesAreRoundedToFloats() {
        float[] floats = LocalSpark.floats(GREY);
        double[] doubles = new double[floats.length];
        for (int i = 0; i < doubles.length; i++) {
            doubles[i] = (GREY[i] & 0xff) / 255.0;
        }
        byte[] expected = writer().transform(rows(FLOATS, RowFactory.create(1L, 1, LocalSpark.sequence(floats))))
                .first()
                .getAs(1);
        byte[] found = writer().transform(rows(DOUBLES, RowFactory.create(1L, 1, LocalSpark.sequence(doubles))))
                .first()
                .getAs(1);
        assertThat(found).isEqualTo(expected);
    }

    static Stream<Arguments> schemas() {
        StructType good = new StructType()
                .add("key", DataTypes.LongType)
                .add("place", DataTypes.IntegerType)
                .add("image", DataTypes.BinaryType);
        return Stream.of(
                Arguments.of(
                        good.add("key", DataTypes.LongType), "keyCol: expected one column key, found 2 among [key"),
                Arguments.of(
                        new StructType().add("Key", DataTypes.LongType),
                        "keyCol: expected one column key, found 0 among [Key]"),
                Arguments.of(
                        new StructType().add("key", DataTypes.DoubleType),
                        "column key (keyCol): expected a whole number, decimal, string or "
                                + "timestamp_ntz (unix_date and unix_micros make numbers), found double"),
                Arguments.of(
                        new StructType().add("key", DataTypes.DateType),
                        "timestamp_ntz (unix_date and unix_micros make numbers), found date"),
                Arguments.of(
                        new StructType().add("key", DataTypes.LongType).add("place", DataTypes.FloatType),
                        "column place (orderCol): expected a whole number, decimal, string or timestamp_ntz"
                                + " (unix_date and unix_micros make numbers), found float"),
                Arguments.of(
                        new StructType()
                                .add("key", DataTypes.LongType)
                                .add("place", DataTypes.IntegerType)
                                .add("image", DataTypes.createArrayType(DataTypes.createDecimalType(10, 2))),
                        "column image (imageCol): expected an image struct of Spark, binary "
                                + "(the bytes of a picture file)"
                                + " or array<float>, found array<decimal(10,2)>"),
                Arguments.of(
                        new StructType()
                                .add("key", DataTypes.LongType)
                                .add("place", DataTypes.IntegerType)
                                .add("image", DataTypes.createArrayType(DataTypes.ByteType)),
                        "array<float>, found array<tinyint>"));
    }

    @ParameterizedTest
    @MethodSource("schemas")
    void aSchemaThatCannotBeUsedIsRefusedBeforeAnyJob(StructType schema, String message) {
        assertThatThrownBy(() -> writer().transformSchema(schema))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @Test
    void bundlesAndParametersThatCannotBeUsedAreRefusedBeforeAnyJob() {
        Dataset<Row> rows = rows(DataTypes.BinaryType);
        assertThatThrownBy(() -> writer().setBundle("nowhere").transform(rows))
                .hasMessageStartingWith(
                        "bundle: expected a readable folder with bundle.json and its graphs, found nowhere");
        assertThatThrownBy(() -> new KanervaWriter()
                        .setKeyCol("key")
                        .setOrderCol("place")
                        .transform(rows))
                .hasMessageEndingWith(": expected a value for bundle, found none");
        assertThatThrownBy(() -> writer().setOnError("skip").transform(rows))
                .hasMessageEndingWith("onError: expected one of [fail, reason], found skip");
        assertThatThrownBy(() -> writer().setSamplesCol("KEY").transform(rows))
                .hasMessageContaining("expected a new name for column KEY, found key among");
        Dataset<Row> stream = LocalSpark.session()
                .readStream()
                .format("rate")
                .load()
                .selectExpr("value as key", "value as place", "cast(null as binary) as image", "'free' as action");
        Dataset<Row> still = stream.sparkSession().createDataFrame(List.<Row>of(), stream.schema());
        Dataset<Row> memories = still.withColumnRenamed("image", "memory");
        Dataset<Row> comingMemories = stream.withColumnRenamed("image", "memory");
        KanervaRecaller finder = new KanervaRecaller()
                .setBundle(LocalSpark.bundle("fashion-mnist"))
                .setKeyCol("key")
                .setQueryKeyCol("place")
                .setQueryCol("image");
        for (ThrowingCallable coming : List.<ThrowingCallable>of(
                () -> writer().transform(stream),
                () -> writer().update(memories, stream),
                () -> writer().update(comingMemories, still),
                () -> finder.find(memories, stream),
                () -> finder.find(comingMemories, still))) {
            assertThatThrownBy(coming)
                    .hasMessageEndingWith(
                            ": expected rows that are all there, found a stream (its foreachBatch gives such rows)");
        }
        assertThatThrownBy(() -> writer().setKeepsIds(true)
                        .setBundle(LocalSpark.bundle("mnist-pooled-fp16"))
                        .transform(rows))
                .hasMessageContaining("keepsIds: expected a heap writer with dereferenced keys, whose memories grow");
    }

    @Test
    void aBundleThatWasBrokenIsReadAgainOnceItIsMended(@TempDir Path folder) throws IOException {
        Path whole = Path.of(LocalSpark.bundle("mnist-fp16"));
        List<Path> files;
        try (Stream<Path> all = Files.list(whole)) {
            files = all.filter(file -> file.toString().matches(".*\\.(json|onnx)"))
                    .toList();
        }
        Path graph = files.stream()
                .filter(file -> file.toString().endsWith(".onnx"))
                .findFirst()
                .orElseThrow();
        for (Path file : files) {
            if (!file.equals(graph)) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
        Dataset<Row> rows = rows(DataTypes.BinaryType, RowFactory.create(1L, 1, LocalSpark.png(GREY)));
        KanervaWriter writer = writer().setBundle(folder.toString());
        assertThatThrownBy(() -> writer.transform(rows)).isInstanceOf(BundleException.class);
        Files.copy(graph, folder.resolve(graph.getFileName()));
        assertThat(writer.transform(rows).count()).isOne();
        Files.delete(folder.resolve(graph.getFileName()));
        assertThat(writer.transform(rows).count()).as("sent already").isOne();
    }

    @Test
    void decimalsAndTextAreKeysToo() {
        StructType schema = new StructType()
                .add("key", DataTypes.createDecimalType(20, 3))
                .add("place", DataTypes.StringType)
                .add("image", DataTypes.BinaryType);
        Object good = LocalSpark.png(GREY);
        List<Row> rows = List.of(
                RowFactory.create(new BigDecimal("1.500"), "b", good),
                RowFactory.create(new BigDecimal("1.5"), "a", good),
                RowFactory.create(new BigDecimal("2"), "a", good));
        assertThat(writer().transform(LocalSpark.session().createDataFrame(rows, schema))
                        .orderBy("key")
                        .collectAsList())
                .extracting(row -> row.getInt(2))
                .containsExactly(2, 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"fail", "reason"})
    void textThatIsNotUtf8EndsTheJobSinceTasksWouldTakeTwoKeysForOne(String onError) {
        Dataset<Row> rows = rows(DataTypes.BinaryType, RowFactory.create(1L, 1, LocalSpark.png(GREY)))
                .repartition(1)
                .withColumn("text", functions.expr("cast(unhex(concat('41FF0', key)) as string)"));
        KanervaWriter writer = writer().setOnError(onError);
        assertNotUtf8(() -> writer.setKeyCol("text").transform(rows), "column text (keyCol)");
        assertNotUtf8(() -> writer.setKeyCol("key").setOrderCol("text").transform(rows), "column text (orderCol)");
        writer.setKeyCol("text").setOrderCol("place");
        Dataset<Row> memories = rows.selectExpr("text", "cast(null as binary) as memory");
        Dataset<Row> changes = rows.withColumn("action", functions.lit("write"));
        assertNotUtf8(() -> writer.update(memories, changes.limit(0)), "column text (keyCol)");
        assertNotUtf8(() -> writer.update(memories.limit(0), changes), "column text (keyCol)");
        KanervaRecaller finder = new KanervaRecaller()
                .setBundle(LocalSpark.bundle("fashion-mnist"))
                .setKeyCol("text")
                .setQueryCol("image")
                .setOnError(onError);
        assertNotUtf8(() -> finder.setQueryKeyCol("place").find(memories, rows), "column text (keyCol)");
        assertNotUtf8(() -> finder.setQueryKeyCol("text").find(memories.limit(0), rows), "column text (queryKeyCol)");
    }

    private static void assertNotUtf8(Supplier<Dataset<Row>> made, String column) {
        assertThatThrownBy(() -> made.get().collectAsList())
                .hasStackTraceContaining(column + ": expected text in UTF-8, found the bytes 41FF01");
    }
}
