package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.initialised;
import static io.kanerva.exporter.onnx.Exports.input;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDList;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.StringStringEntryProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxModelTest {
    private final Block block = initialised(
            new SequentialBlock()
                    .add(Linear.builder().setUnits(3).build())
                    .add(Activation::relu)
                    .add(x -> new NDList(x.singletonOrThrow()
                            .reshape(x.singletonOrThrow().getShape().get(0) * 3))),
            1,
            2);
    private final ExportOptions options = ExportOptions.defaults()
            .withGraphName("small")
            .withModelVersion(4)
            .withMetadata(Map.of("data", "none", "commit", "abc"));

    private OnnxModel export() {
        return OnnxExporter.export(block, List.of(input("x", "B", 2)), List.of("y"), options);
    }

    @Test
    void theSameBlockGivesTheSameBytes() {
        assertThat(export().toBytes()).isEqualTo(export().toBytes());
    }

    @Test
    void versionsNameAndMetadataAreInTheFile() throws IOException {
        ModelProto model = ModelProto.parseFrom(export().toBytes());
        assertThat(model.getIrVersion()).isEqualTo(8);
        assertThat(model.getModelVersion()).isEqualTo(4);
        assertThat(model.getProducerName()).isEqualTo("kanerva-exporter");
        assertThat(model.getOpsetImportList())
                .singleElement()
                .satisfies(set -> assertThat(set.getVersion()).isEqualTo(17))
                .satisfies(set -> assertThat(set.getDomain()).isEmpty());
        assertThat(model.getGraph().getName()).isEqualTo("small");
        assertThat(model.getMetadataPropsList())
                .extracting(StringStringEntryProto::getKey)
                .containsExactly("commit", "data", "proven.B");
    }

    @Test
    void theListingShowsInputsWeightsNodesAndOutputs() {
        assertThat(export().toText()).isEqualTo("""
                graph small, model version 4, opset 17, IR 8, by kanerva-exporter
                  commit: abc
                  data: none
                  proven.B: 1..2048
                input  x float32[B, 2]
                Gemm_0 = Gemm(x, %s, [0, 0, 0]) {transB=1}
                Relu_1 = Relu(Gemm_0)
                y = Reshape(Relu_1, [-1])
                output y float32[3*B]
                """.formatted(weights()));
    }

    private String weights() {
        float[] values = block.getParameters().valueAt(0).getArray().toFloatArray();
        StringBuilder text = new StringBuilder("[");
        for (float value : values) {
            text.append(text.length() > 1 ? ", " : "").append((double) value);
        }
        return text.append("]").toString();
    }

    @Test
    void aFileIsReplacedAndNoPartIsLeft(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("a/b.onnx");
        export().write(file);
        export().write(file);
        assertThat(Files.readAllBytes(file)).isEqualTo(export().toBytes());
        assertThat(file.getParent())
                .isDirectoryContaining(f -> f.equals(file))
                .isDirectoryNotContaining(f -> !f.equals(file));
    }
}
