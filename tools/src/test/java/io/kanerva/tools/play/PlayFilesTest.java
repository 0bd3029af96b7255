package io.kanerva.tools.play;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kanerva.tools.Failure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With a shell script in place of esbuild; the page's own check runs in a browser what esbuild makes. */
class PlayFilesTest {
    @TempDir
    private Path packages;

    private Path runtime;

    @BeforeEach
    void aRuntime() throws IOException {
        runtime = Files.createDirectories(packages.resolve("onnxruntime-web/dist"));
        for (String file : OnnxRuntimeWeb.FILES) {
            Files.writeString(runtime.resolve(file), file);
        }
    }

    @Test
    void oneModuleTakesThePlaceOfThePagesAndTheClients() throws IOException {
        esbuild("cat main.mjs editor.mjs kanerva/kanerva.mjs > bundle.js; echo $1 >> bundle.js");
        PlayFiles all = new PlayFiles(runtime);
        PlayFiles bundled = PlayFiles.bundled(runtime);
        assertThat(read(bundled, "main.mjs"))
                .isEqualTo(read(all, "main.mjs") + read(all, "editor.mjs") + read(all, "kanerva/kanerva.mjs")
                        + "main.mjs\n");
        assertThat(bundled.paths())
                .contains("index.html", "page.css", "ort/ort.wasm.min.mjs", "models/names.txt")
                .filteredOn(path -> path.endsWith(".mjs") && !path.startsWith("ort/"))
                .containsExactly("main.mjs");
        assertThat(bundled.has("main.mjs")).isTrue();
        assertThat(bundled.has("kanerva/kanerva.mjs")).isFalse();
    }

    @Test
    void aBundlerThatFailsOrIsMissingIsReported() throws IOException {
        assertThatThrownBy(() -> PlayFiles.bundled(runtime))
                .isInstanceOf(Failure.class)
                .hasMessageStartingWith(packages + ": expected esbuild to bundle the page, found that it does not run");
        esbuild("echo 'main.mjs:2:21: no such module'; exit 1");
        assertThatThrownBy(() -> PlayFiles.bundled(runtime))
                .isInstanceOf(Failure.class)
                .hasMessage(packages.resolve(".bin/esbuild") + ": expected esbuild to bundle the page, found that it "
                        + "failed: main.mjs:2:21: no such module; with --ort and the folder 'dist' of onnxruntime-web "
                        + "the page needs no esbuild");
    }

    private static String read(PlayFiles files, String path) throws IOException {
        try (var stream = files.open(path)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private void esbuild(String script) throws IOException {
        Path file = Files.createDirectories(packages.resolve(".bin")).resolve("esbuild");
        Files.writeString(file, "#!/bin/sh\n" + script);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
