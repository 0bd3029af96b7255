package io.kanerva.tools;

import static io.kanerva.tools.CommandRun.kpp;
import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.tools.play.PlayFiles;
import io.kanerva.tools.play.PlayServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlayCommandTest {
    @TempDir
    private Path temporary;

    /** Stands for ONNX Runtime Web, which comes with npm; the page's own check runs on it. */
    @TempDir
    private Path runtime;

    @BeforeEach
    void writeRuntime() throws IOException {
        for (String file : List.of("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")) {
            Files.writeString(runtime.resolve(file), file);
        }
    }

    @Test
    void writesAFolderOfAllFiles() throws IOException {
        Path site = temporary.resolve("new/site");
        CommandRun run = kpp("play", "--ort", runtime.toString(), "--out", site.toString());
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        PlayFiles files = new PlayFiles(runtime);
        assertThat(files.paths()).contains("index.html", "ort/ort-wasm-simd-threaded.wasm", "kanerva/kanerva.mjs");
        for (String file : files.paths()) {
            try (InputStream stream = files.open(file)) {
                assertThat(site.resolve(file)).hasBinaryContent(stream.readAllBytes());
            }
        }
        assertThat(site.resolve("index.html")).content().contains("Content-Security-Policy", "'wasm-unsafe-eval'");
    }

    @Test
    void refusesAFolderWithFiles() throws IOException {
        Files.writeString(temporary.resolve("mine.txt"), "mine");
        CommandRun run = kpp("play", "--ort", runtime.toString(), "--out", temporary.toString());
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).isEqualTo(temporary + ": expected a new or empty folder, found files in it\n");
        assertThat(temporary).isDirectoryContaining(file -> file.endsWith("mine.txt"));
        assertThat(temporary).isDirectoryNotContaining(file -> file.endsWith("index.html"));
    }

    @Test
    void refusesAPortThatIsTaken() throws IOException {
        try (PlayServer taken = new PlayServer(new PlayFiles(runtime), 0)) {
            int port = URI.create(taken.address()).getPort();
            CommandRun run = kpp("play", "--ort", runtime.toString(), "--port", String.valueOf(port));
            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.err()).startsWith("--port " + port + ": expected a free port, found none to take (");
        }
    }

    @Test
    void refusesARuntimeThatLacksAFile() throws IOException {
        Files.delete(runtime.resolve("ort-wasm-simd-threaded.wasm"));
        Path site = temporary.resolve("site");
        CommandRun run = kpp("play", "--ort", runtime.toString(), "--out", site.toString());
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err())
                .hasLineCount(1)
                .startsWith(runtime + ": expected the files ")
                .contains("found no readable ort-wasm-simd-threaded.wasm");
        assertThat(site.resolve("index.html")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"--port=65536", "--port=-1", "--port=http", "--port=", "--port=1 --out=site"})
    void wrongOptionsAreErrorsOfUse(String options) {
        CommandRun run = kpp(("play " + options).split(" "));
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).hasLineCount(1).contains("--port");
    }
}
