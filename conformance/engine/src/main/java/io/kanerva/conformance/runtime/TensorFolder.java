package io.kanerva.conformance.runtime;

import io.kanerva.onnx.CompositeValue;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.ValueInfoProto;
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

    /**
     * Reads a model's outputs, which may be sequences, maps or optionals: see {@link CompositeValue}. Their names are
     * the model's, whatever names are in the files.
     *
     * @param outputs the model's
     * @throws IOException if a file is unreadable or of another kind, or there are more files than outputs
     */
    public static List<Tensor> outputs(Path folder, List<ValueInfoProto> outputs) throws IOException {
        List<Tensor> tensors = new ArrayList<>();
        int index = 0;
        for (; Files.exists(file(folder, OUTPUT, index)) && index < outputs.size(); index++) {
            ValueInfoProto output = outputs.get(index);
            tensors.addAll(CompositeValue.read(file(folder, OUTPUT, index), output.getType(), output.getName()));
        }
        if (Files.exists(file(folder, OUTPUT, index))) {
            throw new IOException("%s: expected at most %d outputs, as the model has, found more files"
                    .formatted(folder, outputs.size()));
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
