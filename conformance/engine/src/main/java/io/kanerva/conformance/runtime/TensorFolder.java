package io.kanerva.conformance.runtime;

import io.kanerva.onnx.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads and writes tensors in the ONNX project's test layout: {@code input_0.pb}, {@code input_1.pb}, ... in a folder.
 */
public final class TensorFolder {
    /** Prefix of a model's inputs, in the order of its graph. */
    public static final String INPUT = "input_";
    /** Prefix of a model's outputs, in the order of its graph. */
    public static final String OUTPUT = "output_";

    private TensorFolder() {}

    /**
     * Reads all tensors with a prefix, numbered from 0 up to the first number that is missing.
     *
     * @throws IOException if a file is unreadable or not a tensor
     */
    public static List<Tensor> read(Path folder, String prefix) throws IOException {
        List<Tensor> tensors = new ArrayList<>();
        for (Path file = file(folder, prefix, 0); Files.exists(file); file = file(folder, prefix, tensors.size())) {
            tensors.add(Tensor.read(file));
        }
        return tensors;
    }

    /** Writes tensors, creates the folder if it is missing, and returns it. */
    public static Path write(Path folder, String prefix, List<Tensor> tensors) throws IOException {
        Files.createDirectories(folder);
        for (int i = 0; i < tensors.size(); i++) {
            tensors.get(i).write(file(folder, prefix, i));
        }
        return folder;
    }

    private static Path file(Path folder, String prefix, int index) {
        return folder.resolve(prefix + index + ".pb");
    }
}
