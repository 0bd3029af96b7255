package io.kanerva.onnx;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;

/** Runs an ONNX model. Callers pass in the runtime of their choice, so that nothing here depends on one. */
@FunctionalInterface
public interface GraphRunner {
    /**
     * Runs a model once.
     *
     * @param model the bytes of the .onnx file
     * @param inputs all inputs by name
     * @return all outputs by name
     */
    Map<String, Tensor> run(byte[] model, Map<String, Tensor> inputs);

    /**
     * The first runtime on the class path, found with {@link ServiceLoader}: {@link OrtRunner} if ONNX Runtime is
     * there.
     */
    static Optional<GraphRunner> installed() {
        Iterator<GraphRunner> runners = ServiceLoader.load(GraphRunner.class).iterator();
        while (true) {
            try {
                return runners.hasNext() ? Optional.of(runners.next()) : Optional.empty();
            } catch (ServiceConfigurationError | LinkageError e) {
                // Its runtime is not on the class path, or not for this machine.
                continue;
            }
        }
    }

    /**
     * Runs a model whose weights may be in a file next to it.
     *
     * @param model the .onnx file
     */
    default Map<String, Tensor> run(Path model, Map<String, Tensor> inputs) {
        try {
            return run(Files.readAllBytes(model), inputs);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
