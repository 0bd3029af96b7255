package io.kanerva.exporter.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.onnx.OnnxFiles;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The generic part alone: a JVM whose class path has DJL and protobuf, but nothing of Kanerva++, no JSON and no
 * runtime.
 */
class StandaloneTest {
    private static final List<String> LEFT_OUT =
            List.of("trainer", "jackson", "onnxruntime", "commons-statistics", "jqwik", "archunit", "model-zoo");

    @TempDir
    private Path folder;

    @Test
    void aBlockIsExportedWithoutKanervaOnTheClassPath() throws IOException, InterruptedException {
        String classPath = String.join(
                File.pathSeparator,
                Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                        .filter(entry -> LEFT_OUT.stream().noneMatch(entry::contains))
                        .toList());
        Path file = folder.resolve("mine.onnx");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Dai.djl.offline=true",
                        "-cp",
                        classPath,
                        StandaloneExport.class.getName(),
                        file.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        assertThat(said)
                .contains(
                        "input  x float32[N, 3]", "= Gemm(x, 01Linear/weight, [0, 0, 0, 0])", "output y float32[N, 2]")
                .contains("the model was not run, so its values were not compared with the block's")
                .contains("withCheck() found no runtime on the class path; add the dependency "
                        + "com.microsoft.onnxruntime:onnxruntime");
        assertThat(OnnxFiles.read(file).getGraph().getNodeCount()).isEqualTo(3);
    }
}
