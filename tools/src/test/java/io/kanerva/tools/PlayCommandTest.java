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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlayCommandTest {
    @TempDir
    private Path temporary;

    @Test
    void writesAFolderOfAllFiles() throws IOException {
        Path site = temporary.resolve("new/site");
        CommandRun run = kpp("play", "--out", site.toString());
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        PlayFiles files = new PlayFiles();
        for (String file : files.resources().keySet()) {
            try (InputStream stream = files.open(file)) {
                assertThat(site.resolve(file)).hasBinaryContent(stream.readAllBytes());
            }
        }
        assertThat(site.resolve("index.html")).content().contains("Content-Security-Policy", "'wasm-unsafe-eval'");
    }

    @Test
    void refusesAFolderWithFiles() throws IOException {
        Files.writeString(temporary.resolve("mine.txt"), "mine");
        CommandRun run = kpp("play", "--out", temporary.toString());
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).isEqualTo(temporary + ": expected a new or empty folder, found files in it\n");
        assertThat(temporary).isDirectoryContaining(file -> file.endsWith("mine.txt"));
        assertThat(temporary).isDirectoryNotContaining(file -> file.endsWith("index.html"));
    }

    @Test
    void refusesAPortThatIsTaken() throws IOException {
        try (PlayServer taken = new PlayServer(0)) {
            int port = URI.create(taken.address()).getPort();
            CommandRun run = kpp("play", "--port", String.valueOf(port));
            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.err()).startsWith("--port " + port + ": expected a free port, found none to take (");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"--port=65536", "--port=-1", "--port=http", "--port=", "--port=1 --out=site"})
    void wrongOptionsAreErrorsOfUse(String options) {
        CommandRun run = kpp(("play " + options).split(" "));
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).hasLineCount(1).contains("--port");
    }
}
