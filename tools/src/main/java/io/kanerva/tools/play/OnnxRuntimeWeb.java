package io.kanerva.tools.play;

import io.kanerva.conformance.runtime.ForeignRuntime;
import io.kanerva.conformance.runtime.Readiness;
import io.kanerva.tools.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The files of ONNX Runtime Web that the page loads. No artifact of Maven Central has them: they come with npm, from
 * the package that the runtime {@code onnxruntime-web} of {@code kpp verify} locks by version and digest.
 */
public final class OnnxRuntimeWeb {
    /** Their names. */
    static final List<String> FILES =
            List.of("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm");

    private OnnxRuntimeWeb() {}

    /**
     * The folder with the files, below a checkout's root. They are installed if they are not there yet.
     *
     * @throws Failure if they cannot be installed
     */
    public static Path installed(Path root) {
        Path project = root.resolve(Path.of("conformance", "runtimes", "onnxruntime-web"));
        Readiness readiness;
        try {
            readiness = ForeignRuntime.install(project);
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
        return complete(project.resolve(Path.of("node_modules", "onnxruntime-web", "dist")));
    }

    /**
     * A folder that has the files.
     *
     * @throws Failure if one is missing
     */
    public static Path complete(Path folder) {
        for (String file : FILES) {
            if (!Files.isRegularFile(folder.resolve(file)) || !Files.isReadable(folder.resolve(file))) {
                throw new Failure("%s: expected the files %s of ONNX Runtime Web, found no readable %s"
                        .formatted(folder, String.join(", ", FILES), file));
            }
        }
        return folder;
    }
}
