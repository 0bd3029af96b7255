package io.kanerva.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kanerva.onnx.OrtRunner;
import io.kanerva.onnx.WeightType;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.runtime.BundleGraph;
import io.kanerva.trainer.model.KanervaModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BundleVariantTest {

    @TempDir
    Path temporary;

    private Path source;

    @BeforeEach
    void export() {
        source = temporary.resolve("source");
        try (KanervaModel model = TinyModels.model(TinyModels.DEREFERENCED)) {
            BundleExporter.export(model, TinyModels.provenance(), BundleOptions.named("tiny"), source);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = WeightType.class,
            names = {"FLOAT16", "INT8"})
    void aVariantIsABundleWhoseFilesAreAllListed(WeightType type) throws IOException {
        Path folder = temporary.resolve("variant");
        BundleVariant variant = BundleVariant.of(source, type, new OrtRunner());
        variant.write(cost(5.0, 5.01), folder, false);
        JsonNode json =
                new ObjectMapper().readTree(folder.resolve("bundle.json").toFile());
        assertThat(json.get("name").asText()).isEqualTo("tiny-" + type.id());
        assertThat(json.get("weights").asText()).isEqualTo(type.onnxName());
        assertThat(json.get("variantOf").asText()).isEqualTo("tiny");
        json.get("files")
                .properties()
                .forEach(file -> assertThat(BundleFolder.digest(read(folder.resolve(file.getKey()))))
                        .as(file.getKey())
                        .isEqualTo(file.getValue().asText()));
        json.get("graphs")
                .properties()
                .forEach(graph -> assertThat(graph.getValue().get("sha256"))
                        .as(graph.getKey())
                        .isEqualTo(json.get("files")
                                .get(graph.getValue().get("file").asText())));
        assertThat(json.get("graphs").size()).isEqualTo(9);
        for (String graph : List.of("encoder", "decoder", "write", "index", "score")) {
            ModelProto model = ModelProto.parseFrom(read(folder.resolve(graph + ".onnx")));
            assertThat(model.getGraph().getNodeList())
                    .extracting(NodeProto::getOpType)
                    .as(graph)
                    .contains(type == WeightType.FLOAT16 ? "Cast" : "DequantizeLinear");
            assertThat(model.getGraph().getNodeList())
                    .allSatisfy(node -> assertThat(node.getDomain()).isEmpty());
            assertThat(read(folder.resolve(graph + ".onnx")))
                    .hasSizeLessThan(read(source.resolve(graph + ".onnx")).length);
        }
        assertThat(folder.resolve("vectors/decoder/test_data_set_0/output_0.pb"))
                .hasSameBinaryContentAs(source.resolve("vectors/decoder/test_data_set_0/output_0.pb"));
    }

    @Test
    void theCardStatesTheCostAndSaysSoIfItIsMoreThanATenthOfANat() throws IOException {
        BundleVariant.of(source, WeightType.FLOAT16, new OrtRunner())
                .write(cost(5.0, 5.01), temporary.resolve("cheap"), false);
        assertThat(temporary.resolve("cheap/MODEL_CARD.md"))
                .content()
                .startsWith("---\nlicense: apache-2.0\n")
                .contains("value: 5.0100\n", "---\n\n# tiny-fp16\n")
                .containsOnlyOnce("license: ")
                .contains("5.0100", "+0.0100 +- 0.0020", "made-up episodes")
                .doesNotContain("more than 0.1");
        BundleVariant.of(source, WeightType.INT8, new OrtRunner())
                .write(cost(5.0, 5.25), temporary.resolve("costly"), false);
        assertThat(temporary.resolve("costly/MODEL_CARD.md"))
                .content()
                .contains("**This variant costs 0.25 nats an image, more than 0.1");
        assertThat(new ObjectMapper()
                        .readTree(temporary.resolve("costly/bundle.json").toFile())
                        .at("/cost/difference")
                        .asDouble())
                .isEqualTo(0.25);
    }

    @Test
    void float32KeepsTheGraphs() throws IOException {
        Path folder = temporary.resolve("again");
        BundleVariant.of(source, WeightType.FLOAT32, new OrtRunner()).write(cost(5, 5), folder, false);
        assertThat(ModelProto.parseFrom(read(folder.resolve("decoder.onnx"))).getGraph())
                .isEqualTo(ModelProto.parseFrom(read(source.resolve("decoder.onnx")))
                        .getGraph());
        assertThat(ModelProto.parseFrom(read(folder.resolve("index.onnx"))).getGraph())
                .isEqualTo(
                        ModelProto.parseFrom(read(source.resolve("index.onnx"))).getGraph());
    }

    /** As a bundle of an earlier version is, with a graph that this version has no more. */
    @Test
    void aBundleWithoutWholeCallsGetsThemAndKeepsItsWeights() throws IOException {
        Path folder = temporary.resolve("earlier");
        Map<String, byte[]> files = new TreeMap<>(BundleContents.of(source).files());
        ObjectNode json = BundleContents.of(source).json();
        byte[] index = files.get("index.onnx");
        for (BundleGraph graph : BundleGraph.WHOLE) {
            files.remove(graph.label() + ".onnx");
            ((ObjectNode) json.get("graphs")).remove(graph.label());
        }
        files.put("reader-decoder.onnx", index);
        ObjectNode listed = json.putObject("files");
        files.forEach((file, bytes) -> listed.put(file, BundleFolder.digest(bytes)));
        files.put("bundle.json", new ObjectMapper().writeValueAsBytes(json));
        new BundleFolder(folder, false).write(files);

        BundleExporter.renew(folder);

        Map<String, byte[]> renewed = BundleContents.of(folder).files();
        assertThat(renewed).containsOnlyKeys(BundleContents.of(source).files().keySet());
        assertThat(renewed)
                .allSatisfy((file, bytes) -> assertThat(bytes).as(file).isEqualTo(read(source.resolve(file))));
        assertThat(BundleContents.of(folder).json().get("graphs"))
                .isEqualTo(BundleContents.of(source).json().get("graphs"));
    }

    @Test
    void aBundleOfAnotherFormatOrWithoutASettingOrAGraphIsRefused() throws IOException {
        assertThatThrownBy(() -> BundleContents.of(changed(json -> json.put("formatVersion", 1))))
                .isInstanceOf(BundleExportException.class)
                .hasMessageContaining(
                        "bundle.json: expected format kanerva-bundle, version 2, found \"kanerva-bundle\", "
                                + "version 1");
        assertThatThrownBy(() -> BundleContents.of(changed(json -> {
                    ObjectNode settings = (ObjectNode) json.get("settings");
                    settings.remove("slotColumns");
                    json.put("settingsSha256", BundleDescription.settingsDigest(settings));
                })))
                .isInstanceOf(BundleExportException.class)
                .hasMessageEndingWith("bundle.json: settings: 'slotColumns' is missing");
        assertThatThrownBy(() -> BundleContents.of(changed(json -> ((ObjectNode) json.get("graphs")).remove("reader"))))
                .isInstanceOf(BundleExportException.class)
                .hasMessageContaining("'reader'");
    }

    private Path changed(Consumer<ObjectNode> change) throws IOException {
        ObjectNode json = BundleContents.of(source).json();
        json.putObject("files");
        change.accept(json);
        Path folder = Files.createTempDirectory(temporary, "changed");
        Files.write(folder.resolve("bundle.json"), new ObjectMapper().writeValueAsBytes(json));
        return folder;
    }

    @Test
    void aVariantOfAVariantAndAFolderThatIsNoBundleAreRefused() throws IOException {
        Path folder = temporary.resolve("variant");
        BundleVariant.of(source, WeightType.INT8, new OrtRunner()).write(cost(5, 5), folder, false);
        assertThatThrownBy(() -> BundleVariant.of(folder, WeightType.FLOAT16, new OrtRunner()))
                .isInstanceOf(BundleExportException.class)
                .hasMessage(folder + ": expected a bundle with float32 weights to make a variant of, found int8");
        Path empty = Files.createDirectory(temporary.resolve("empty"));
        assertThatThrownBy(() -> BundleVariant.of(empty, WeightType.INT8, new OrtRunner()))
                .isInstanceOf(BundleExportException.class)
                .hasMessageStartingWith(empty + ": expected a readable bundle");
    }

    @Test
    void aLinkThatLeadsOutOfTheSourceAndSettingsThatWereChangedAreRefused() throws IOException {
        Path card = source.resolve("MODEL_CARD.md");
        Files.createSymbolicLink(card, Files.move(card, temporary.resolve("outside.md")));
        assertThatThrownBy(() -> BundleVariant.of(source, WeightType.INT8, new OrtRunner()))
                .isInstanceOf(BundleExportException.class)
                .hasMessage(source + ": expected files inside the bundle, found 'MODEL_CARD.md'");
        Files.move(temporary.resolve("outside.md"), card, StandardCopyOption.REPLACE_EXISTING);
        Path json = source.resolve("bundle.json");
        Files.writeString(json, Files.readString(json).replace("\"slotRows\" : 2", "\"slotRows\" : 3"));
        assertThatThrownBy(() -> BundleVariant.of(source, WeightType.INT8, new OrtRunner()))
                .isInstanceOf(BundleExportException.class)
                .hasMessage(source + ": expected settings that fit their settingsSha256, found others");
    }

    private static VariantCost cost(double before, double after) {
        return new VariantCost(before, after, 0.002, 7, "made-up episodes", 1000, 500, 100, 90, "a machine");
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
