package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.initialised;
import static io.kanerva.exporter.onnx.Exports.input;
import static io.kanerva.exporter.onnx.Exports.largestDifference;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.OnnxFiles;
import io.kanerva.onnx.OrtRunner;
import io.kanerva.onnx.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Weights beside the model, with a threshold far below the two gigabytes at which they have to be. */
class ExternalDataTest {
    private static final long THRESHOLD = 10_000;

    @TempDir
    private Path folder;

    private static OnnxModel model(int width, long threshold) {
        Block block = initialised(
                new SequentialBlock()
                        .add(Linear.builder().setUnits(width).build())
                        .add(Linear.builder().setUnits(3).build()),
                1,
                60);
        return OnnxExporter.export(
                block, List.of(input("x", "B", 60)), List.of("y"), Exports.CHECKED.withExternalDataAbove(threshold));
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void weightsAboveTheThresholdAreBesideTheModelAndItWasCheckedSo() throws IOException {
        OnnxModel model = model(50, THRESHOLD);
        assertThat(model.hasExternalData()).isTrue();
        assertThat(largestDifference(model)).isLessThan(1e-5);
        Path file = folder.resolve("m.onnx");
        model.write(file);
        assertThat(files()).hasSize(2).first().asString().isEqualTo("m.onnx");
        assertThat(files().get(1)).matches("m\\.onnx\\.[0-9a-f]{16}\\.data");
        assertThat(Files.size(file)).isLessThan(2000);
        assertThat(OnnxFiles.toText(OnnxFiles.read(file)))
                .contains("weight 01Linear/weight float32[50, 60] in " + files().get(1));
    }

    @Test
    void aModelBelowTheThresholdIsOneFileThatComputesTheSame() throws IOException {
        Path outside = folder.resolve("outside.onnx");
        Path inside = folder.resolve("inside.onnx");
        model(50, THRESHOLD).write(outside);
        model(50, 100_000).write(inside);
        assertThat(files()).hasSize(3);
        Map<String, Tensor> given = Map.of("x", Tensor.filled(ElementType.FLOAT32, 0.5, 2, 60));
        assertThat(new OrtRunner().run(outside, given)).isEqualTo(new OrtRunner().run(inside, given));
    }

    @Test
    void aModelThatIsReplacedTakesItsWeightsWithIt() throws IOException {
        Path file = folder.resolve("m.onnx");
        model(50, THRESHOLD).write(file);
        List<String> first = files();
        model(50, THRESHOLD).write(file);
        assertThat(files()).isEqualTo(first);
        model(51, THRESHOLD).write(file);
        assertThat(files()).hasSize(2).isNotEqualTo(first);
        model(51, 100_000).write(file);
        assertThat(files()).containsExactly("m.onnx");
    }

    @Test
    void bytesOfOnePartAreRefusedThen() {
        assertThatIllegalStateException()
                .isThrownBy(() -> model(50, THRESHOLD).toBytes())
                .withMessageContaining("12812 bytes")
                .withMessageContaining("10000")
                .withMessageContaining("write the model to a file");
    }

    @Test
    void aThresholdAboveWhatAFileCanHoldIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ExportOptions.defaults().withExternalDataAbove(3_000_000_000L))
                .withMessageContaining("0 to 2000000000")
                .withMessageContaining("3000000000");
    }
}
