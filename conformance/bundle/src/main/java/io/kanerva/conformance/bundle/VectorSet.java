package io.kanerva.conformance.bundle;

import io.kanerva.onnx.Tensor;
import io.kanerva.runtime.Bundle;
import io.kanerva.runtime.GraphDescription;
import io.kanerva.runtime.TensorDescription;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One test_data_set of one graph: given inputs and the outputs that PyTorch computed from them.
 *
 * @param graph its name
 * @param index N of test_data_set_N
 * @param inputs by name, in the graph's order
 * @param outputs by name, in the graph's order
 */
record VectorSet(String graph, int index, Map<String, Tensor> inputs, Map<String, Tensor> outputs) {

    /**
     * All sets of a graph.
     *
     * @throws UncheckedIOException if a file is missing or holds no tensor
     */
    static List<VectorSet> read(Path folder, Bundle bundle, String graph) {
        GraphDescription description = bundle.graphs().get(graph);
        List<VectorSet> sets = new ArrayList<>();
        for (int n = 0; ; n++) {
            Path set = folder.resolve("vectors").resolve(graph).resolve("test_data_set_" + n);
            if (!Files.isDirectory(set)) {
                return sets;
            }
            sets.add(new VectorSet(
                    graph,
                    n,
                    tensors(set, "input_", description.inputs()),
                    tensors(set, "output_", description.outputs())));
        }
    }

    /** For a table, for example {@code vectors 0}. */
    String label() {
        return "vectors " + index;
    }

    private static Map<String, Tensor> tensors(Path set, String prefix, List<TensorDescription> descriptions) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (TensorDescription description : descriptions) {
            Path file = set.resolve(prefix + tensors.size() + ".pb");
            try {
                tensors.put(description.name(), Tensor.read(file));
            } catch (IOException e) {
                throw new UncheckedIOException(
                        "%s: expected the tensor '%s', found that it cannot be read (%s)"
                                .formatted(file, description.name(), e),
                        e);
            }
        }
        return tensors;
    }
}
