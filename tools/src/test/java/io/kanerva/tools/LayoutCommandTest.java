package io.kanerva.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kpp export --layout}; tools/serving/check serves what it writes. */
class LayoutCommandTest {
    private static final Path BUNDLE = Path.of("../models/bundles/cifar10");

    @TempDir
    private Path folder;

    private CommandRun layout(String kind, Path out, String... more) {
        List<String> arguments =
                new ArrayList<>(List.of("export", "--layout", kind, "--bundle", BUNDLE.toString(), "--out", "" + out));
        arguments.addAll(List.of(more));
        return CommandRun.kpp(arguments.toArray(new String[0]));
    }

    private static List<String> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }

    @Test
    void tritonsRepositoryHasAModelOfEachGraph() throws IOException {
        Path out = folder.resolve("new/repository");
        CommandRun run = layout("triton", out);
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains("repository (9 models for NVIDIA Triton)");
        assertThat(files(out)).hasSize(18).contains("write/config.pbtxt", "write/1/model.onnx");
        assertThat(out.resolve("recall/1/model.onnx")).hasSameBinaryContentAs(BUNDLE.resolve("recall.onnx"));
        assertThat(out.resolve("recall/config.pbtxt")).hasContent("""
                name: "recall"
                platform: "onnxruntime_onnx"
                max_batch_size: 64
                input { name: "contents" data_type: TYPE_FP32 dims: [-1, 3, 32, 32] }
                input { name: "features" data_type: TYPE_FP32 dims: [-1, 3073] }
                input { name: "pointers" data_type: TYPE_FP32 dims: [-1, 1, 3] }
                input { name: "queries" data_type: TYPE_FP32 dims: [-1, 3, 32, 32] }
                output { name: "recalled" data_type: TYPE_FP32 dims: [-1, 3, 32, 32] }
                output { name: "sample" data_type: TYPE_INT64 dims: [-1] }
                output { name: "score" data_type: TYPE_FP32 dims: [-1] }
                output { name: "scores" data_type: TYPE_FP32 dims: [-1, -1] }
                output { name: "keys" data_type: TYPE_FP32 dims: [-1, 1, 3] }
                """);
        try (Stream<Path> beside = Files.list(out.getParent())) {
            assertThat(beside).containsExactly(out);
        }
    }

    @Test
    void mlserversFoldersHaveSettingsOfEachGraph() throws IOException {
        Path out = Files.createDirectory(folder.resolve("empty"));
        assertThat(layout("mlserver", out).exitCode()).isZero();
        assertThat(files(out)).hasSize(27).contains("write/kanerva_graph.py");
        assertThat(out.resolve("write/model.onnx")).hasSameBinaryContentAs(BUNDLE.resolve("write.onnx"));
        JsonNode settings = new ObjectMapper()
                .readTree(out.resolve("write/model-settings.json").toFile());
        assertThat(settings.at("/name").asText()).isEqualTo("write");
        assertThat(settings.at("/parameters/uri").asText()).isEqualTo("./model.onnx");
        assertThat(settings.at("/inputs"))
                .hasToString("[{\"name\":\"images\",\"datatype\":\"FP32\",\"shape\":[-1,-1,3,32,32]}]");
    }

    @Test
    void whatCannotBeLaidOutIsRefusedInASentence() throws IOException {
        Path out = folder.resolve("out");
        assertUsage(CommandRun.kpp("export", "--out", "" + out), "Missing required argument");
        assertUsage(
                CommandRun.kpp("export", "--bundle", "cifar10", "--out", "" + out),
                "Missing option '--layout': expected the server that the bundle is for");
        assertUsage(
                CommandRun.kpp("export", "--run", "runs/a", "--layout", "triton", "--out", "" + out),
                "Unexpected option '--layout': expected a bundle for it, found --run; export the run first");
        assertUsage(
                layout("triton", out, "--reader", "matmul"),
                "Unexpected option '--reader': expected only --bundle and --out with --layout");
        assertUsage(layout("seldon", out), "Invalid value for option '--layout'");
        Path file = Files.writeString(folder.resolve("file"), "mine");
        assertFailure(layout("triton", file), "file: expected a new or empty folder, found a file");
        assertFailure(layout("triton", folder), "expected a new or empty folder, found files in it");
        assertThat(file).hasContent("mine");
        assertFailure(
                CommandRun.kpp("export", "--layout", "triton", "--bundle", "" + folder, "--out", "" + out),
                "bundle.json' is missing from the bundle");
        Path changed = Files.createDirectory(folder.resolve("changed"));
        for (Path graph : List.of(Path.of("bundle.json"), Path.of("write.onnx"))) {
            Files.copy(BUNDLE.resolve(graph), changed.resolve(graph));
        }
        assertFailure(
                CommandRun.kpp("export", "--layout", "triton", "--bundle", "" + changed, "--out", "" + out),
                "is missing from the bundle");
        assertThat(out).doesNotExist();
    }

    private static void assertUsage(CommandRun run, String sentence) {
        assertThat(run.err()).contains(sentence);
        assertThat(run.err().lines()).hasSize(1);
        assertThat(run.exitCode()).isEqualTo(2);
    }

    private static void assertFailure(CommandRun run, String sentence) {
        assertThat(run.err()).contains(sentence);
        assertThat(run.err().lines()).hasSize(1);
        assertThat(run.exitCode()).isEqualTo(1);
    }
}
