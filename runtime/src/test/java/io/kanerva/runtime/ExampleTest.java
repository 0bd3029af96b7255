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
import org.junit.jupiter.api.io.TempDir;

/** The example program, as a stranger would run it: the module and ONNX Runtime on the module path, nothing else. */
@Timeout(120)
class ExampleTest {

    private static final Path EXAMPLE = Path.of("examples", "Recall.java");

    @Test
    void theExampleCompilesAndFindsAllItsStripes() throws Exception {
        Path bundle = Path.of("..", "models", "bundles", "fashion-mnist");
        assertThat(bundle.resolve("bundle.json")).as("the bundle that ships").exists();
        assertThat(run(EXAMPLE, bundle)).isEqualTo("[0, 1, 2, 3, 4, 5, 6]\n");
    }

    @Test
    void theExampleInThePackagesJavadocCompilesAndRecallsDamagedImages(@TempDir Path folder) throws Exception {
        List<String> javadoc =
                Files.readAllLines(Path.of("src", "main", "java", "io", "kanerva", "runtime", "package-info.java"));
        List<String> example = javadoc.subList(javadoc.indexOf(" * <pre>{@code") + 1, javadoc.indexOf(" * }</pre>"));
        String body = example.stream().map(line -> line.substring(3)).collect(Collectors.joining("\n"));
        assertThat(body).contains("Path.of(\"fashion-mnist\")").endsWith("}");
        // Around it only what its comments promise: 32 images, 5 of them damaged; and what came out is printed inside
        // the block.
        String program = """
                import io.kanerva.runtime.*;
                import java.nio.file.Path;
                import java.util.*;

                class Example {
                    public static void main(String[] arguments) {
                        Random random = new Random(1);
                        float[] images = new float[32 * 784];
                        for (int i = 0; i < images.length; i++) images[i] = i %% 4 < 3 && i > 0 ? images[i - 1] : random.nextInt(2);
                        float[] damaged = Arrays.copyOf(images, 5 * 784);
                        for (int i = 0; i < damaged.length; i += 7) damaged[i] = 1 - damaged[i];
                        %s
                        System.out.println(restored.length + " " + Arrays.toString(which));
                        }
                    }
                }
                """.formatted(body.substring(0, body.length() - 1)
                .replace("Path.of(\"fashion-mnist\")", "Path.of(arguments[0])"));
        Path source = Files.writeString(folder.resolve("Example.java"), program);
        assertThat(run(source, Path.of("..", "models", "bundles", "fashion-mnist")))
                .isEqualTo("3920 [0, 1, 2, 3, 4]\n");
    }

    /** What a program prints that has the module and ONNX Runtime on its module path. */
    private static String run(Path program, Path bundle) throws Exception {
        String libraries = Arrays.stream((System.getProperty("jdk.module.path", "")
                                + File.pathSeparator
                                + System.getProperty("java.class.path"))
                        .split(File.pathSeparator))
                .filter(path ->
                        path.contains("onnxruntime") || path.endsWith("classes") && !path.endsWith("test-classes"))
                .collect(Collectors.joining(File.pathSeparator));
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-p",
                        libraries,
                        "--add-modules",
                        "io.kanerva.runtime",
                        program.toString(),
                        bundle.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        return output;
    }

    @Test
    void theReadmeShowsTheExampleAsItIs() throws Exception {
        List<String> example = Files.readAllLines(EXAMPLE);
        String body = String.join("\n", example.subList(example.indexOf("class Recall {"), example.size()));
        assertThat(Path.of("README.md")).content().contains(body);
    }
}
