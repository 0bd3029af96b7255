package io.kanerva.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.runtime.Device;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.MemoryHeap;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.imageio.ImageIO;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.image.ImageSchema;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@EnabledForJreRange(max = JRE.JAVA_23, disabledReason = "Hadoop 3.4.1, which Spark 4.0 brings, calls getSubject")
class KanervaWriterTest {

    private static final String FASHION = LocalSpark.bundle("fashion-mnist");

    /** A skewed one among small ones. */
    private static final int[] SAMPLES = {1, 2, 3, 150, 1, 32, 2};

    private static KanervaWriter writer() {
        return new KanervaWriter()
                .setBundle(FASHION)
                .setKeyCol("user.id")
                .setOrderCol("place")
                .setBatchSize(16);
    }

    private static StructType schema(DataType image) {
        return new StructType()
                .add("user.id", DataTypes.StringType)
                .add("other", DataTypes.DoubleType)
                .add("place", DataTypes.IntegerType)
                .add("image", image);
    }

    private interface Form {
        Object of(byte[] grey);
    }

    /** The episodes' rows, shuffled. */
    private static Dataset<Row> rows(DataType type, Form form, int partitions) {
        List<Row> rows = new ArrayList<>();
        int image = 0;
        for (int episode = 0; episode < SAMPLES.length; episode++) {
            for (int sample = 0; sample < SAMPLES[episode]; sample++) {
                // Places with gaps, negative ones too.
                rows.add(RowFactory.create("user" + episode, 0.5, 3 * sample - 4, form.of(LocalSpark.image(image++))));
            }
        }
        Collections.shuffle(rows, new Random(partitions));
        return LocalSpark.session().createDataFrame(rows, schema(type)).repartition(partitions);
    }

    private static Map<String, byte[]> expected() {
        Map<String, byte[]> memories = new LinkedHashMap<>();
        int image = 0;
        try (Kanerva kanerva = Kanerva.load(Path.of(FASHION), Device.CPU)) {
            for (int episode = 0; episode < SAMPLES.length; episode++) {
                int[] numbers = new int[SAMPLES[episode]];
                for (int i = 0; i < numbers.length; i++) {
                    numbers[i] = image++;
                }
                memories.put(
                        "user" + episode,
                        kanerva.write(LocalSpark.episode(numbers)).toBytes());
            }
        }
        return memories;
    }

    private static Map<String, byte[]> memories(Dataset<Row> written) {
        Map<String, byte[]> memories = new LinkedHashMap<>();
        for (Row row :
                written.select("`" + written.columns()[0] + "`", "memory").collectAsList()) {
            assertThat(memories.put(row.getString(0), row.getAs(1))).isNull();
        }
        return memories;
    }

    @Test
    void memoriesAreThoseOfThePlainRuntimeWhateverThePartitionsAndTheFormOfTheImages() {
        Map<String, byte[]> expected = expected();
        Map<Form, DataType> forms = Map.of(
                grey -> LocalSpark.struct(grey, 28, 28, 1, 0),
                ImageSchema.columnSchema(),
                LocalSpark::png,
                DataTypes.BinaryType,
                grey -> LocalSpark.sequence(LocalSpark.floats(grey)),
                DataTypes.createArrayType(DataTypes.FloatType));
        int[] partitions = {1, 3, 40};
        forms.forEach((form, type) -> {
            for (int count : partitions) {
                Dataset<Row> written = writer().setPartitions(count).transform(rows(type, form, count));
                Map<String, byte[]> memories = memories(written);
                assertThat(memories.keySet()).isEqualTo(expected.keySet());
                memories.forEach((key, bytes) ->
                        assertThat(bytes).as("%s, %s, %d", key, type, count).isEqualTo(expected.get(key)));
            }
        });
    }

    /** So they may be written together: ONNX Runtime computes an image's block alike among any number. */
    @ParameterizedTest
    @ValueSource(strings = {"cifar10", "fashion-mnist-gist-fp16", "mnist-fp16", "mnist-pooled-fp16", "omniglot-fp16"})
    void episodesOfEveryShippedModelDoNotDependOnWhatIsWrittenBesideThem(String bundle) {
        boolean colour = bundle.equals("cifar10");
        int side = colour ? 32 : 28;
        int channels = colour ? 3 : 1;
        Random random = new Random(3);
        List<Row> rows = new ArrayList<>();
        Map<String, byte[]> expected = new LinkedHashMap<>();
        try (Kanerva kanerva = Kanerva.load(Path.of(LocalSpark.bundle(bundle)), Device.CPU)) {
            for (int episode = 0; episode < 6; episode++) {
                FloatTensor tensor = FloatTensor.zeros(1, 3, channels, side, side);
                for (int sample = 0; sample < 3; sample++) {
                    byte[] data = new byte[channels * side * side];
                    random.nextBytes(data);
                    for (int i = 0; i < data.length; i++) {
                        // OpenCV's order: pixel by pixel, blue, green, red.
                        int channel = channels - 1 - i % channels;
                        tensor.data()[(sample * channels + channel) * side * side + i / channels] =
                                (data[i] & 0xff) / 255f;
                    }
                    rows.add(RowFactory.create(
                            "user" + episode,
                            0.5,
                            sample,
                            LocalSpark.struct(data, side, side, channels, colour ? 16 : 0)));
                }
                expected.put("user" + episode, kanerva.write(tensor).toBytes());
            }
        }
        Dataset<Row> written = writer().setBundle(LocalSpark.bundle(bundle))
                .setPartitions(1)
                .transform(LocalSpark.session().createDataFrame(rows, schema(ImageSchema.columnSchema())));
        assertThat(memories(written)).containsExactlyEntriesOf(expected);
    }

    @Test
    void picturesInColourAreReadChannelByChannel() {
        int plane = 32 * 32;
        byte[] pixels = new byte[3 * plane];
        new Random(5).nextBytes(pixels);
        FloatTensor tensor = FloatTensor.zeros(1, 1, 3, 32, 32);
        for (int i = 0; i < pixels.length; i++) {
            tensor.data()[i % 3 * plane + i / 3] = (pixels[i] & 0xff) / 255f; // red, green, blue of each pixel
        }
        byte[] png = LocalSpark.file("png", BufferedImage.TYPE_3BYTE_BGR, 32, pixels);
        assertThat(written("cifar10", png)).isEqualTo(plain("cifar10", tensor));
    }

    @Test
    void aJpegIsWhatJavaDecodes() throws IOException {
        byte[] jpeg = LocalSpark.file("jpg", BufferedImage.TYPE_BYTE_GRAY, 28, LocalSpark.image(4));
        Raster raster = ImageIO.read(new ByteArrayInputStream(jpeg)).getRaster();
        byte[] grey = (byte[]) raster.getDataElements(0, 0, 28, 28, null);
        assertThat(grey).isNotEqualTo(LocalSpark.image(4));
        FloatTensor tensor = new FloatTensor(LocalSpark.floats(grey), 1, 1, 1, 28, 28);
        assertThat(written("fashion-mnist", jpeg)).isEqualTo(plain("fashion-mnist", tensor));
    }

    private static byte[] written(String bundle, byte[] file) {
        List<Row> row = List.of(RowFactory.create("user", 0.5, 1, file));
        return writer().setBundle(LocalSpark.bundle(bundle))
                .transform(LocalSpark.session().createDataFrame(row, schema(DataTypes.BinaryType)))
                .first()
                .getAs("memory");
    }

    private static byte[] plain(String bundle, FloatTensor images) {
        try (Kanerva kanerva = Kanerva.load(Path.of(LocalSpark.bundle(bundle)), Device.CPU)) {
            return kanerva.write(images).toBytes();
        }
    }

    @Test
    void aStageKeepsItsParametersWhenSavedCopiedAndPutIntoAPipeline(@TempDir Path folder) throws Exception {
        Dataset<Row> rows = rows(DataTypes.BinaryType, LocalSpark::png, 2);
        KanervaWriter writer = writer().setMaxSamples(200).setMemoryCol("m").setOnError("reason");
        writer.save(folder.resolve("writer").toString());
        KanervaWriter loaded = KanervaWriter.load(folder.resolve("writer").toString());
        assertThat(loaded.uid()).isEqualTo(writer.uid());
        assertThat(loaded.explainParams()).isEqualTo(writer.explainParams());
        assertThat(writer.copy(new ParamMap()).explainParams()).isEqualTo(writer.explainParams());

        KanervaRecaller recaller = new KanervaRecaller()
                .setBundle(FASHION)
                .setMemoryCol("m")
                .setIterations(3)
                .setReasonCol("why");
        Pipeline pipeline = new Pipeline().setStages(new PipelineStage[] {writer, recaller.setQueryCol("query")});
        pipeline.save(folder.resolve("pipeline").toString());
        PipelineStage[] stages =
                Pipeline.load(folder.resolve("pipeline").toString()).getStages();
        assertThat(((KanervaRecaller) stages[1]).explainParams()).isEqualTo(recaller.explainParams());

        PipelineModel model =
                new Pipeline().setStages(new PipelineStage[] {loaded}).fit(rows);
        Dataset<Row> written = model.transform(rows);
        assertThat(written.schema()).isEqualTo(writer.transformSchema(rows.schema()));
        assertThat(memories(written.withColumnRenamed("m", "memory"))).hasSize(SAMPLES.length);
    }

    @Test
    void emptyPartitionsAndNoRowsAtAllGiveNoMemories() {
        Dataset<Row> rows = rows(DataTypes.BinaryType, LocalSpark::png, 3);
        assertThat(writer().transform(rows.limit(0)).count()).isZero();
        assertThat(writer().setPartitions(30)
                        .transform(rows.filter("`user.id` = 'user1'"))
                        .count())
                .isOne();
    }

    @Test
    void changesGiveTheHeapThatTheRuntimeMakesOfTheSame() {
        StructType schema = new StructType()
                .add("key", DataTypes.LongType)
                .add("id", DataTypes.IntegerType)
                .add("action", DataTypes.StringType)
                .add("image", DataTypes.BinaryType);
        List<Row> first = new ArrayList<>();
        for (int id : new int[] {9, 2, 5}) {
            first.add(RowFactory.create(1L, id, null, LocalSpark.png(LocalSpark.image(id))));
            first.add(RowFactory.create(2L, id, null, LocalSpark.png(LocalSpark.image(id + 10))));
            first.add(RowFactory.create(3L, id, null, LocalSpark.png(LocalSpark.image(id + 20))));
        }
        List<Row> changes = List.of(
                RowFactory.create(1L, 7, "write", LocalSpark.png(LocalSpark.image(7))),
                RowFactory.create(1L, 2, "free", null),
                RowFactory.create(1L, 9, "replace", LocalSpark.png(LocalSpark.image(8))),
                RowFactory.create(1L, 6, "write", LocalSpark.png(LocalSpark.image(6))),
                RowFactory.create(2L, 9, "free", null),
                RowFactory.create(2L, 2, "free", null),
                RowFactory.create(2L, 5, "free", null),
                RowFactory.create(4L, 1, "write", LocalSpark.png(LocalSpark.image(1))));
        KanervaWriter writer = new KanervaWriter()
                .setBundle(FASHION)
                .setKeyCol("key")
                .setOrderCol("id")
                .setKeepsIds(true)
                .setPartitions(2);
        Dataset<Row> memories = writer.transform(LocalSpark.session().createDataFrame(first, schema))
                .localCheckpoint();
        Map<Long, Row> updated = new LinkedHashMap<>();
        writer.update(memories, LocalSpark.session().createDataFrame(changes, schema))
                .collectAsList()
                .forEach(row -> updated.put(row.getLong(0), row));

        assertThat(updated.keySet()).as("2 has no samples left").containsExactlyInAnyOrder(1L, 3L, 4L);
        try (Kanerva kanerva = Kanerva.load(Path.of(FASHION), Device.CPU)) {
            MemoryHeap heap = kanerva.heap();
            heap.write(new long[] {2, 5, 9}, flat(2, 5, 9));
            assertThat(memories.filter("key = 1").first().<byte[]>getAs("memory"))
                    .isEqualTo(heap.toBytes());
            heap.free(2);
            heap.replace(9, flat(8));
            heap.write(6, flat(6));
            heap.write(7, flat(7));
            assertThat(updated.get(1L).<byte[]>getAs("memory")).isEqualTo(heap.toBytes());
            assertThat(updated.get(1L).getInt(2)).isEqualTo(4);
            assertThat(updated.get(3L).<byte[]>getAs("memory"))
                    .isEqualTo(memories.filter("key = 3").first().<byte[]>getAs("memory"));
            MemoryHeap fresh = kanerva.heap();
            fresh.write(1, flat(1));
            assertThat(updated.get(4L).<byte[]>getAs("memory")).isEqualTo(fresh.toBytes());
        }
    }

    private static FloatTensor flat(int... numbers) {
        return new FloatTensor(LocalSpark.episode(numbers).data(), numbers.length, 1, 28, 28);
    }

    @Test
    void aModelIsOpenForTheApplicationAndClosedWithIt() {
        Dataset<Row> rows = rows(DataTypes.BinaryType, LocalSpark::png, 2);
        for (String bundle : List.of("fashion-mnist", "mnist-fp16", "omniglot-fp16", "mnist-pooled-fp16")) {
            writer().setBundle(LocalSpark.bundle(bundle))
                    .transform(rows.filter(functions.col("`user.id`").equalTo("user1")))
                    .count();
            assertThat(OpenModels.count()).isBetween(1, OpenModels.IDLE);
        }
        rows.sparkSession().stop();
        assertThat(OpenModels.count()).isZero();
    }
}
