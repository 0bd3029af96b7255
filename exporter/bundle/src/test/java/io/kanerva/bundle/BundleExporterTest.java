package io.kanerva.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.reference.SeveralOpinions;
import io.kanerva.trainer.data.ImageSet;
import io.kanerva.trainer.evaluate.BoundReport;
import io.kanerva.trainer.model.EncoderSettings;
import io.kanerva.trainer.model.Grid;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.KeyAddressing;
import io.kanerva.trainer.model.MapShape;
import io.kanerva.trainer.model.WindowReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class BundleExporterTest {
    private static final List<String> GRAPHS = List.of("encoder", "memory-writer", "reader", "decoder");

    @TempDir
    Path temporary;

    static Stream<KanervaSettings> settings() {
        return Stream.of(
                TinyModels.DEREFERENCED,
                TinyModels.DEREFERENCED.withBits(2),
                TinyModels.TWO_KEYS,
                TinyModels.POOLED,
                TinyModels.COLOUR);
    }

    @ParameterizedTest
    @MethodSource("settings")
    void everyGraphAgreesWithItsBlockAtSizesThatWereNotTraced(KanervaSettings settings) {
        for (ReaderKind reader : ReaderKind.values()) {
            try (KanervaModel model = TinyModels.model(settings)) {
                BundleExporter.Export export = BundleExporter.export(
                        model,
                        TinyModels.provenance(),
                        BundleOptions.named("tiny").withReader(reader).withCheck(new SeveralOpinions(1e-4)),
                        temporary.resolve(reader.id()));
                assertThat(export.checks().keySet()).containsExactlyElementsOf(GRAPHS);
                export.checks()
                        .forEach((graph, checks) -> assertThat(checks)
                                .as(graph)
                                .isNotEmpty()
                                .allSatisfy(check ->
                                        assertThat(check.largestDifference()).isLessThanOrEqualTo(1e-5)));
            }
        }
    }

    @Test
    void theSameModelGivesTheSameBytes() throws IOException {
        try (KanervaModel one = TinyModels.model(TinyModels.DEREFERENCED);
                KanervaModel other = TinyModels.model(TinyModels.DEREFERENCED)) {
            BundleOptions options = BundleOptions.named("tiny").withPicture(new byte[] {1, 2, 3});
            BundleExporter.export(one, TinyModels.provenance(), options, temporary.resolve("one"));
            BundleExporter.export(other, TinyModels.provenance(), options, temporary.resolve("other"));
        }
        Map<String, byte[]> one = content(temporary.resolve("one"));
        assertThat(one).hasSizeGreaterThan(6);
        assertThat(content(temporary.resolve("other")))
                .usingRecursiveComparison()
                .isEqualTo(one);
    }

    @Test
    void bundleJsonListsTheDigestOfEveryOtherFile() throws IOException {
        Path bundle =
                export(TinyModels.DEREFERENCED, BundleOptions.named("tiny").withPicture(new byte[] {1}));
        Map<String, String> digests = new TreeMap<>();
        content(bundle).forEach((path, bytes) -> digests.put(path, BundleFolder.digest(bytes)));
        digests.remove("bundle.json");
        Map<String, String> listed = new TreeMap<>();
        json(bundle)
                .get("files")
                .properties()
                .forEach(file -> listed.put(file.getKey(), file.getValue().asText()));
        assertThat(listed)
                .isEqualTo(digests)
                .containsKeys(
                        "encoder.onnx", "MODEL_CARD.md", "card.png", "vectors/reader/test_data_set_1/output_2.pb");
        assertThat(json(bundle).at("/graphs/reader/sha256").asText()).isEqualTo(digests.get("reader.onnx"));
    }

    @Test
    void bundleJsonDescribesTensorsSettingsAndProvenance() throws IOException {
        JsonNode json =
                json(export(TinyModels.TWO_KEYS, BundleOptions.named("tiny").withReader(ReaderKind.MATMUL)));
        assertThat(json.at("/graphs/encoder/outputs/0").toString())
                .startsWith("{\"name\":\"content\",\"type\":\"float32\",\"shape\":[\"B\",\"T\",2,3,4,6]");
        assertThat(json.at("/graphs/reader/inputs/1/shape").toString()).isEqualTo("[\"B\",\"Q\",2,3]");
        assertThat(json.get("settings").toString())
                .isEqualTo("{\"writer\":\"heap\",\"addressing\":\"continuous\",\"likelihood\":\"bernoulli\","
                        + "\"imageShape\":[2,8,12],\"memoryShape\":[3,9,20],\"blockShape\":[3,4,6],\"keys\":2,"
                        + "\"latent\":5,\"slotRows\":2,\"slotColumns\":5,"
                        + "\"width\":6,\"capacity\":5}");
        assertThat(json.get("reader").asText()).isEqualTo("matmul");
        assertThat(json.at("/provenance/memoryFloats").asInt()).isEqualTo(540);
        assertThat(json.at("/provenance/bound").isNull()).isTrue();
    }

    @Test
    void aMeasuredBoundIsInBundleJsonAndOnTheCardButNotInTheGraphs() throws IOException {
        BoundReport report = new BoundReport(80.5, Double.NaN, 70, 8.25, 2.25, Double.NaN, 0, 1, 4);
        TrainingDetails measured =
                TinyModels.provenance().withBound(report, "test images of fashion-mnist at half intensity");
        Path plain = export(TinyModels.DEREFERENCED, BundleOptions.named("plain"));
        try (KanervaModel model = TinyModels.model(TinyModels.DEREFERENCED)) {
            BundleExporter.export(model, measured, BundleOptions.named("plain"), temporary.resolve("measured"));
        }
        Path bundle = temporary.resolve("measured");
        assertThat(json(bundle).at("/provenance/bound").toString())
                .isEqualTo("{\"nats\":80.5,\"standardError\":null,\"reconstruction\":70.0,\"klKeys\":8.25,"
                        + "\"klLatent\":2.25,\"episodes\":1,\"setting\":\"test images of "
                        + "fashion-mnist at half intensity\"}");
        assertThat(bundle.resolve("MODEL_CARD.md"))
                .content()
                .contains("**80.500**", "8.250", "a memory of 288 floats", "half intensity");
        assertThat(bundle.resolve("encoder.onnx")).hasSameBinaryContentAs(plain.resolve("encoder.onnx"));
    }

    @Test
    void theCardSaysHowTheModelWasMade() throws IOException {
        Path bundle =
                export(TinyModels.DEREFERENCED, BundleOptions.named("tiny").withPicture(new byte[] {1}));
        assertThat(bundle.resolve("MODEL_CARD.md"))
                .content()
                .contains(
                        "# tiny",
                        "(card.png)",
                        "kpp train --preset quickstart",
                        "at commit 0123abc",
                        "binarisation threshold",
                        "T = 4",
                        "MIT licence",
                        "3 x 8 x 12 = 288 floats",
                        "3 in a row",
                        "288 floats as trained; grows with the samples",
                        "| reader.onnx | in | `keys` | [B, Q, 1, 3] |");
        assertThat(bundle.resolve("card.png")).hasBinaryContent(new byte[] {1});
    }

    @ParameterizedTest
    @EnumSource(ReaderKind.class)
    void theGraphsAreOfOpset17AndIr8WithStandardOperatorsOnly(ReaderKind reader) throws IOException {
        Path bundle = export(TinyModels.TWO_KEYS, BundleOptions.named("tiny").withReader(reader));
        for (String graph : GRAPHS) {
            ModelProto model = ModelProto.parseFrom(Files.readAllBytes(bundle.resolve(graph + ".onnx")));
            assertThat(model.getIrVersion()).isEqualTo(8);
            assertThat(model.getModelVersion()).isPositive();
            assertThat(model.getOpsetImportList()).singleElement().satisfies(opset -> {
                assertThat(opset.getVersion()).isEqualTo(17);
                assertThat(opset.getDomain()).isEmpty();
            });
            assertThat(model.getMetadataPropsList().stream()
                            .collect(Collectors.toMap(p -> p.getKey(), p -> p.getValue())))
                    .containsEntry("kanerva.command", "kpp train --preset quickstart")
                    .containsEntry("kanerva.graph", graph);
            List<String> operators = model.getGraph().getNodeList().stream()
                    .map(NodeProto::getOpType)
                    .toList();
            // Erf is written out: runtimes' own differ by more than the windows of continuous keys may move.
            assertThat(operators).doesNotContain("Loop", "If", "Scan", "Einsum", "Erf");
            boolean samples = graph.equals("reader") && reader == ReaderKind.GRIDSAMPLE;
            assertThat(operators.stream().filter("GridSample"::equals).count())
                    .as(graph)
                    .isEqualTo(samples ? 1 : 0);
        }
    }

    @ParameterizedTest
    @MethodSource("settings")
    void vectorsGoFromImageToLogitsAtTwoSizes(KanervaSettings settings) throws IOException {
        Path bundle = export(settings, BundleOptions.named("tiny"));
        for (int set = 0; set < 2; set++) {
            assertThat(vector(bundle, "memory-writer", set, "input_0"))
                    .isEqualTo(vector(bundle, "encoder", set, "output_0"));
            assertThat(vector(bundle, "reader", set, "input_0"))
                    .isEqualTo(vector(bundle, "memory-writer", set, "output_0"));
            assertThat(vector(bundle, "decoder", set, "input_1")).isEqualTo(vector(bundle, "reader", set, "output_0"));
            assertThat(vector(bundle, "decoder", set, "output_0").floats())
                    .doesNotContain(Float.NaN)
                    .isNotEqualTo(new float[0]);
        }
        long[] first = vector(bundle, "reader", 0, "output_0").shape();
        long[] second = vector(bundle, "reader", 1, "output_0").shape();
        assertThat(first[0]).isNotEqualTo(second[0]);
        assertThat(first[1]).isNotEqualTo(second[1]);
    }

    @Test
    void theReadersOwnWindowReaderIsBackAfterwards() {
        try (KanervaModel model = TinyModels.model(TinyModels.DEREFERENCED);
                NDManager scratch = model.manager().newSubManager()) {
            WindowReader own = model.reader().windowReader();
            NDArray memory = scratch.randomNormal(new ai.djl.ndarray.types.Shape(1, 3, 8, 12));
            NDArray keys = scratch.zeros(new ai.djl.ndarray.types.Shape(1, 2, 1, 3));
            float[] before = model.read(memory, keys, false).traces().toFloatArray();
            BundleExporter.export(
                    model, TinyModels.provenance(), BundleOptions.named("tiny"), temporary.resolve("bundle"));
            assertThat(model.reader().windowReader()).isSameAs(own);
            assertThat(model.read(memory, keys, false).traces().toFloatArray()).isEqualTo(before);
        }
    }

    @Test
    void aHeapWithoutRoomForSeveralSamplesIsRefused() {
        KanervaSettings small = KanervaSettings.heap(
                KeyAddressing.CONTINUOUS,
                new MapShape(1, 8, 8),
                new MapShape(3, 8, 12),
                new Grid(4, 4),
                new Grid(1, 2),
                5,
                EncoderSettings.residual(6, 1));
        assertThatThrownBy(() -> export(small, BundleOptions.named("tiny")))
                .isInstanceOf(BundleExportException.class)
                .hasMessage("a memory of 2 slots with 1 keys per sample: expected space for at least 3 samples, so "
                        + "that the episode length can vary, found 2");
    }

    @Test
    void aChargedMemoryIsRefused() {
        assertThatThrownBy(() -> export(TinyModels.DEREFERENCED.withChargedMemory(), BundleOptions.named("tiny")))
                .isInstanceOf(BundleExportException.class)
                .hasMessage("a model with a charged memory: expected a heap or pooled writer, found charged, whose "
                        + "memory is a distribution to draw from, which a bundle has no graph for");
    }

    @Test
    void sampleImagesOfAnotherShapeAreRefused() {
        ImageSet images = SampleImages.discs(TinyModels.TWO_KEYS, 2, 1);
        assertThatThrownBy(() -> export(
                        TinyModels.DEREFERENCED, BundleOptions.named("tiny").withImages(images)))
                .isInstanceOf(BundleExportException.class)
                .hasMessage("sample images 'drawn discs': expected the model's [1, 8, 8], found [2, 8, 12]");
    }

    private Path export(KanervaSettings settings, BundleOptions options) {
        Path folder = temporary.resolve("bundle");
        try (KanervaModel model = TinyModels.model(settings)) {
            BundleExporter.export(model, TinyModels.provenance(), options, folder);
        }
        return folder;
    }

    private static Tensor vector(Path bundle, String graph, int set, String file) throws IOException {
        return Tensor.read(bundle.resolve("vectors/%s/test_data_set_%d/%s.pb".formatted(graph, set, file)));
    }

    private static JsonNode json(Path bundle) throws IOException {
        return new ObjectMapper().readTree(bundle.resolve("bundle.json").toFile());
    }

    private static Map<String, byte[]> content(Path bundle) throws IOException {
        Map<String, byte[]> content = new TreeMap<>();
        try (Stream<Path> walk = Files.walk(bundle)) {
            for (Path file : walk.filter(Files::isRegularFile).toList()) {
                content.put(bundle.relativize(file).toString(), Files.readAllBytes(file));
            }
        }
        return content;
    }
}
