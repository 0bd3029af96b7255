package io.kanerva.conformance;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import io.kanerva.exporter.trace.Tensor;
import io.kanerva.runtime.Bundle;
import io.kanerva.runtime.TensorDescription;
import io.kanerva.trainer.model.KanervaModel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The reference path: a model's blocks on PyTorch, by the names of a bundle's graphs.
 *
 * @param model whose blocks are run
 * @param bundle says how the graphs' tensors are called
 */
record ModelPath(KanervaModel model, Bundle bundle) {

    /** Runs the block of a graph: all outputs by name. */
    Map<String, Tensor> run(String graph, Map<String, Tensor> inputs) {
        try (NDManager scratch = model.manager().newSubManager()) {
            List<NDArray> arrays = new ArrayList<>();
            for (TensorDescription input : bundle.graphs().get(graph).inputs()) {
                arrays.add(inputs.get(input.name()).toArray(scratch));
            }
            NDList results = model.run(block(graph), arrays.toArray(NDArray[]::new));
            Map<String, Tensor> outputs = new LinkedHashMap<>();
            for (TensorDescription output : bundle.graphs().get(graph).outputs()) {
                outputs.put(output.name(), Tensor.copyOf(results.get(outputs.size())));
            }
            return outputs;
        }
    }

    private Block block(String graph) {
        return switch (graph) {
            case "encoder" -> model.encoder();
            case "memory-writer" -> model.writer();
            case "reader" -> model.reader();
            case "decoder" -> model.decoder();
            default -> throw new IllegalArgumentException("graph '%s': expected one of a model's four, found another".formatted(graph));
        };
    }
}
