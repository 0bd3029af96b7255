package io.kanerva.exporter.onnx;

import io.kanerva.exporter.trace.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

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
        if (!model.hasExternalData() && ExternalData.bytes(model.proto()) <= LARGEST_IN_MEMORY) {
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
            ExternalData.delete(ExternalData.filesOf(file));
            ExternalData.delete(List.of(file, file.getParent()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
