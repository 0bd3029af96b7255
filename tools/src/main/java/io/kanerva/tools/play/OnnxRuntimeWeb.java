package io.kanerva.tools.play;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kanerva.conformance.runtime.ForeignRuntime;
import io.kanerva.conformance.runtime.Readiness;
import io.kanerva.tools.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The files of ONNX Runtime Web that the page loads. No artifact of Maven Central has them: they come with npm, from
 * the package that the runtime {@code onnxruntime-web} of {@code kpp verify} locks by version and digest. The
 * {@link Bundler} comes with them.
 */
public final class OnnxRuntimeWeb {
    private static final String NAME = "onnxruntime-web";
    private static final List<String> PACKAGES = List.of(NAME, "esbuild");

    /** Their names. */
    static final List<String> FILES =
            List.of("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm");

    private OnnxRuntimeWeb() {}

    /**
     * The folder with the files, below a checkout's root. They and the bundler are installed unless they are there in
     * the versions that the runtime names, whoever installed them.
     *
     * @throws Failure if they cannot be installed
     */
    public static Path installed(Path root) {
        Path project = root.resolve(Path.of("conformance", "runtimes", NAME));
        Path folder = project.resolve(Path.of("node_modules", NAME, "dist"));
        Readiness readiness;
        try {
            JsonNode wanted = json(project).path("dependencies");
            readiness = ForeignRuntime.install(
                    project,
                    () -> missing(folder).isEmpty()
                            && PACKAGES.stream()
                                    .allMatch(name -> wanted.path(name)
                                            .asText()
                                            .equals(version(packages(folder).resolve(name)))));
        } catch (IOException e) {
            throw new Failure(
                    "%s: expected the runtime of ONNX Runtime Web, found none that can be set up (%s)"
                            .formatted(project, e.getMessage()),
                    e);
        }
        if (readiness.state() != Readiness.State.READY) {
            throw new Failure(("%s: expected npm to install ONNX Runtime Web, found that it failed (%s); install "
                            + "Node.js, or name a folder with the files by --ort")
                    .formatted(project, readiness.why()));
        }
        return complete(folder);
    }

    /**
     * A folder that has the files.
     *
     * @throws Failure if one is missing
     */
    public static Path complete(Path folder) {
        missing(folder).ifPresent(file -> {
            throw new Failure("%s: expected the files %s of ONNX Runtime Web, found no readable %s"
                    .formatted(folder, String.join(", ", FILES), file));
        });
        return folder;
    }

    /** The folder {@code node_modules} that an installed folder with the files belongs to. */
    static Path packages(Path installed) {
        return installed.getParent().getParent();
    }

    private static Optional<String> missing(Path folder) {
        return FILES.stream()
                .filter(file -> !Files.isRegularFile(folder.resolve(file)) || !Files.isReadable(folder.resolve(file)))
                .findFirst();
    }

    /** Of an installed package; empty if there is none whose description can be read. */
    private static String version(Path installed) {
        try {
            return json(installed).path("version").asText();
        } catch (IOException e) {
            return "";
        }
    }

    private static JsonNode json(Path folder) throws IOException {
        return new ObjectMapper().readTree(folder.resolve("package.json").toFile());
    }
}
