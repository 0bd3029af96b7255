package io.kanerva.tools.play;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kanerva.tools.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** With a shell script in place of npm, which makes the files and counts how often it runs. */
class OnnxRuntimeWebTest {
    @TempDir
    private Path root;

    private Path project;
    private Path dist;

    @BeforeEach
    void aRuntime() throws IOException {
        project = Files.createDirectories(root.resolve("conformance/runtimes/onnxruntime-web"));
        dist = project.resolve("node_modules/onnxruntime-web/dist");
        Files.writeString(project.resolve("package.json"), """
                {"dependencies": {"onnxruntime-web": "1.2.3", "esbuild": "4.5.6"}}
                """);
        Files.writeString(project.resolve("runtime.json"), """
                {"title": "Web", "engine": "web 1.2.3", "device": "wasm", "optimisations": ["on"], "needs": [], "setup": ["../npm-packages"], "run": ["./run"]}
                """);
        npm("""
                mkdir -p node_modules/onnxruntime-web/dist node_modules/esbuild target
                echo x >> target/times
                echo '{"version": "1.2.3"}' > node_modules/onnxruntime-web/package.json
                echo '{"version": "4.5.6"}' > node_modules/esbuild/package.json
                cd node_modules/onnxruntime-web/dist
                touch %s
                """.formatted(String.join(" ", OnnxRuntimeWeb.FILES)));
    }

    @Test
    void filesOfTheNamedVersionsAreTakenWhoeverInstalledThem() throws IOException {
        put("1.2.3", "4.5.6");
        npm("echo 'there is no network'; exit 1");
        assertThat(OnnxRuntimeWeb.installed(root)).isEqualTo(dist);
    }

    @ParameterizedTest
    @CsvSource({"1.2.2, 4.5.6", "1.2.3, 4.5.5"})
    void filesOfAnotherVersionAreReplaced(String runtime, String bundler) throws IOException {
        put(runtime, bundler);
        assertThat(OnnxRuntimeWeb.installed(root)).isEqualTo(dist);
        assertThat(dist.resolveSibling("package.json")).content().contains("1.2.3");
        assertThat(OnnxRuntimeWeb.installed(root)).isEqualTo(dist);
        assertThat(project.resolve("target/times")).hasContent("x");
    }

    @Test
    void filesThatWereRemovedAfterTheyWereInstalledAreInstalledAgain() throws IOException {
        OnnxRuntimeWeb.installed(root);
        Files.delete(dist.resolve(OnnxRuntimeWeb.FILES.get(2)));
        assertThat(OnnxRuntimeWeb.installed(root)).isEqualTo(dist);
        assertThat(project.resolve("target/times")).hasContent("x\nx");
    }

    @Test
    void anInstallationThatFailsOrLacksAFileIsReported() throws IOException {
        npm("echo 'there is no network'; exit 1");
        assertThatThrownBy(() -> OnnxRuntimeWeb.installed(root))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("installing it failed: there is no network");
        npm("exit 0");
        assertThatThrownBy(() -> OnnxRuntimeWeb.installed(root))
                .isInstanceOf(Failure.class)
                .hasMessageEndingWith("found no readable " + OnnxRuntimeWeb.FILES.get(0));
    }

    private void put(String version, String bundler) throws IOException {
        Files.createDirectories(dist);
        Files.writeString(dist.resolveSibling("package.json"), "{\"version\": \"%s\"}".formatted(version));
        Path esbuild = Files.createDirectories(project.resolve("node_modules/esbuild"));
        Files.writeString(esbuild.resolve("package.json"), "{\"version\": \"%s\"}".formatted(bundler));
        for (String file : OnnxRuntimeWeb.FILES) {
            Files.writeString(dist.resolve(file), file);
        }
    }

    private void npm(String script) throws IOException {
        Path file = Files.writeString(project.resolveSibling("npm-packages"), "#!/bin/sh\n" + script);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
