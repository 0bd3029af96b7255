package io.kanerva.exporter.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The onnx project's own checker, a Python package: run where there is a Python that has it, which {@code -Dpython=...}
 * or the environment variable PYTHON names; else {@code python3} is tried.
 */
public final class OnnxChecker {
    /** What a test says where there is no such Python. */
    public static final String ABSENT =
            "NOT CHECKED by the onnx package: no Python that has it was found; name one with -Dpython=...";

    private static final Path SCRIPT = Path.of("src/test/python/check_models.py");

    private OnnxChecker() {}

    /** An empty folder for models that are to be checked. */
    public static Path folder(String name) {
        Path folder = Path.of("target/checked", name);
        try {
            Files.createDirectories(folder);
            try (Stream<Path> old = Files.list(folder)) {
                for (Path file : old.toList()) {
                    Files.delete(file);
                }
            }
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Checks all models of a folder.
     *
     * @return how many passed, in words; empty if no Python has the package
     * @throws AssertionError if one does not pass
     */
    public static Optional<String> check(Path folder) {
        Optional<String> python = Stream.of(System.getProperty("python"), System.getenv("PYTHON"), "python3")
                .filter(Objects::nonNull)
                .filter(candidate -> run(candidate, "-c", "import onnx").exitCode() == 0)
                .findFirst();
        return python.map(found -> {
            Run run = run(found, SCRIPT.toString(), folder.toString());
            assertThat(run.exitCode()).as(run.output()).isZero();
            return run.output().strip();
        });
    }

    private record Run(int exitCode, String output) {}

    private static Run run(String... command) {
        try {
            Process process = new ProcessBuilder(List.of(command))
                    .redirectErrorStream(true)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Run(process.waitFor(), output);
        } catch (IOException e) {
            return new Run(-1, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
