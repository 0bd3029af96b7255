package io.kanerva.tools.play;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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
    public static Path installed(Path root) throws InterruptedException {
        Path project = root.resolve(Path.of("conformance", "runtimes", "onnxruntime-web"));
        Path folder = project.resolve(Path.of("node_modules", "onnxruntime-web", "dist"));
        if (!isComplete(folder) || !version(folder.getParent()).equals(locked(project))) {
            install(project);
        }
        return complete(folder);
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

    /** The version that the project names, so that another one of an earlier checkout is not served. */
    private static String locked(Path project) {
        return json(project).path("dependencies").path("onnxruntime-web").asText();
    }

    private static String version(Path packageFolder) {
        return json(packageFolder).path("version").asText();
    }

    private static JsonNode json(Path folder) {
        Path file = folder.resolve("package.json");
        try {
            return new ObjectMapper().readTree(file.toFile());
        } catch (IOException e) {
            throw new Failure(
                    "%s: expected npm's description of a package, found none (%s)".formatted(file, e.getMessage()), e);
        }
    }

    private static boolean isComplete(Path folder) {
        return FILES.stream().allMatch(file -> Files.isRegularFile(folder.resolve(file)));
    }

    private static void install(Path project) throws InterruptedException {
        String remedy = "install Node.js, or name a folder with the files by --ort";
        int status;
        try {
            status = new ProcessBuilder("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
                    .directory(project.toFile())
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new Failure(
                    "npm: expected it to install ONNX Runtime Web with, found none; %s (%s)"
                            .formatted(remedy, e.getMessage()),
                    e);
        }
        if (status != 0) {
            throw new Failure("%s: expected 'npm ci' to install ONNX Runtime Web, found that it failed; %s"
                    .formatted(project, remedy));
        }
    }
}
