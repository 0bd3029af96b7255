package io.kanerva.tools.play;

import io.kanerva.conformance.runtime.TemporaryFolder;
import io.kanerva.tools.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Makes one module of the page's and the JavaScript client's, by esbuild, which comes with npm beside ONNX Runtime Web.
 * It runs at each start, on the modules of this very build of {@code kpp}, so that no copy of them can be stale.
 */
final class Bundler {
    private static final List<String> OPTIONS = List.of(
            "--bundle",
            "--format=esm",
            "--minify",
            "--charset=utf8",
            // ONNX Runtime Web stays a module of its own, which finds its WebAssembly beside it.
            "--external:./ort/*",
            "--log-level=error",
            "--color=false");

    static final String WITHOUT = "with --ort and the folder 'dist' of onnxruntime-web the page needs no esbuild";

    private final Path program;

    /** @param packages the folder {@code node_modules} that has esbuild */
    Bundler(Path packages) {
        program = packages.resolve(Path.of(".bin", "esbuild")).toAbsolutePath();
    }

    /** Opens a module by its path from the page's root. */
    interface Modules {
        /** Opens it. */
        InputStream open(String path) throws IOException;
    }

    /**
     * The bundle of a module and all that it imports.
     *
     * @throws Failure if esbuild does not run, or cannot make it
     */
    byte[] bundle(String entry, List<String> paths, Modules modules) throws IOException {
        try (TemporaryFolder temporary = new TemporaryFolder("kpp-play")) {
            for (String path : paths) {
                Path file = temporary.path().resolve(path);
                Files.createDirectories(file.getParent());
                try (InputStream module = modules.open(path)) {
                    Files.copy(module, file);
                }
            }
            ProcessBuilder esbuild = new ProcessBuilder(program.toString(), entry, "--outfile=bundle.js");
            esbuild.command().addAll(OPTIONS);
            run(esbuild.directory(temporary.path().toFile()));
            return Files.readAllBytes(temporary.path().resolve("bundle.js"));
        }
    }

    private void run(ProcessBuilder esbuild) throws IOException {
        String said;
        int status;
        try {
            Process process = esbuild.redirectErrorStream(true).start();
            process.getOutputStream().close();
            said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            status = process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while esbuild ran", e);
        }
        if (status != 0) {
            throw new Failure("%s: expected esbuild to bundle the page, found that it failed: %s; %s"
                    .formatted(program, said.lines().findFirst().orElse("it said nothing"), WITHOUT));
        }
    }
}
