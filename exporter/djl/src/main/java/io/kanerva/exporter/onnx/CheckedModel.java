package io.kanerva.exporter.onnx;

import io.kanerva.onnx.GraphRunner;
import io.kanerva.onnx.OnnxFiles;
import io.kanerva.onnx.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A model in the form in which a check runs it: bytes, or a file for a time if it is large or its weights are beside
 * it.
 */
final class CheckedModel implements AutoCloseable {
    private static final long LARGEST_IN_MEMORY = 1L << 26;

    private final GraphRunner runner;
    private final byte[] bytes;
    private final Path file;

    private CheckedModel(GraphRunner runner, byte[] bytes, Path file) {
        this.runner = runner;
        this.bytes = bytes;
        this.file = file;
    }

    static CheckedModel of(OnnxModel model, GraphRunner runner) {
        if (!model.hasExternalData() && OnnxFiles.weightBytes(model.proto()) <= LARGEST_IN_MEMORY) {
            return new CheckedModel(runner, model.toBytes(), null);
        }
        try {
            CheckedModel checked = new CheckedModel(
                    runner, null, Files.createTempDirectory("onnx-check").resolve("model.onnx"));
            try {
                model.write(checked.file);
            } catch (IOException e) {
                checked.close();
                throw e;
            }
            return checked;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Map<String, Tensor> run(Map<String, Tensor> inputs) {
        return file == null ? runner.run(bytes, inputs) : runner.run(file, inputs);
    }

    @Override
    public void close() {
        if (file == null) {
            return;
        }
        try {
            List<Path> files;
            try (Stream<Path> content = Files.list(file.getParent())) {
                files = content.toList();
            }
            for (Path each : files) {
                Files.delete(each);
            }
            Files.delete(file.getParent());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
