package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The example program, as a stranger would run it: the module and ONNX Runtime on the module path, nothing else. */
@Timeout(120)
class ExampleTest {

    private static final Path EXAMPLE = Path.of("examples", "Recall.java");

    @Test
    void theExampleCompilesAndFindsAllItsStripes() throws Exception {
        Path bundle = Path.of("..", "models", "bundles", "fashion-mnist");
        assertThat(bundle.resolve("bundle.json")).as("the bundle that ships").exists();
        String libraries =
                Arrays.stream((System.getProperty("jdk.module.path", "") + File.pathSeparator + System.getProperty("java.class.path")).split(File.pathSeparator))
                        .filter(path -> path.contains("onnxruntime") || path.endsWith("classes") && !path.endsWith("test-classes"))
                        .collect(Collectors.joining(File.pathSeparator));
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-p", libraries, "--add-modules", "io.kanerva.runtime",
                                EXAMPLE.toString(), bundle.toString())
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        assertThat(output).isEqualTo("[0, 1, 2, 3, 4, 5, 6]\n");
    }

    @Test
    void theReadmeShowsTheExampleAsItIs() throws Exception {
        List<String> example = Files.readAllLines(EXAMPLE);
        String body = String.join("\n", example.subList(example.indexOf("class Recall {"), example.size()));
        assertThat(Path.of("README.md")).content().contains(body);
    }
}
