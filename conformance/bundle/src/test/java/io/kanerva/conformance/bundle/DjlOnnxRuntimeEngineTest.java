package io.kanerva.conformance.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.bundle.ReaderKind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The third path, {@link DjlOnnxRuntimePath}, in a JVM of its own. */
class DjlOnnxRuntimeEngineTest {

    @TempDir
    Path temporary;

    /**
     * One run for both halves: on a machine without CUDA the engine spends ten seconds on finding that out, each time
     * it starts.
     */
    @Test
    void djlsOnnxRuntimeEngineAnswersAsPyTorchDoesAndSeesAChangedWeight() throws Exception {
        List<Path> bundles = new ArrayList<>();
        for (Subject subject : Subject.values()) {
            bundles.add(subject.bundle(ReaderKind.GRIDSAMPLE));
        }
        bundles.add(Subject.QUICKSTART.bundle(ReaderKind.MATMUL));
        Path changed = temporary.resolve("changed");
        Subject.DEREFERENCED.export(ReaderKind.GRIDSAMPLE, changed);
        ChangedBundle.of(changed).scaleWeight("decoder", 1.01f);
        List<Path> all = new ArrayList<>(bundles);
        all.add(changed);

        Outcome outcome = run(all);
        System.out.println(outcome.text());
        assertThat(outcome.text().split("11 of 11 outputs keep their budgets, in 22 comparisons", -1))
                .as(outcome.text())
                .hasSize(bundles.size() + 1);
        assertThat(outcome.text())
                .contains(
                        "10 of 11 outputs keep their budgets",
                        "PyTorch / DJL OnnxRuntime: graph 'decoder', output 'logits' (vectors 0) differs by");
        assertThat(outcome.status()).isEqualTo(1);
    }

    private record Outcome(int status, String text) {}

    private Outcome run(List<Path> bundles) throws IOException, InterruptedException {
        Path output = temporary.resolve("output.txt");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Xmx512m",
                "-Dai.djl.offline=true",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                "-cp",
                System.getProperty("java.class.path"),
                DjlOnnxRuntimePath.class.getName()));
        bundles.forEach(bundle -> command.add(bundle.toString()));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().put("OPT_OUT_TRACKING", "true");
        // ONNX Runtime 1.29's telemetry recurses over the command line, which is long here, and would overflow the
        // stack.
        builder.environment().put("ORT_DISABLE_TELEMETRY", "1");
        Process process = builder.start();
        try {
            assertThat(process.waitFor(3, TimeUnit.MINUTES))
                    .as("the other JVM ends by itself")
                    .isTrue();
        } finally {
            process.destroyForcibly();
        }
        return new Outcome(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
    }
}
