package io.kanerva.conformance.bundle;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Block;
import io.kanerva.exporter.trace.DjlTensors;
import io.kanerva.onnx.Tensor;
import io.kanerva.runtime.Bundle;
import io.kanerva.runtime.TensorDescription;
import io.kanerva.trainer.model.KanervaModel;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The reference path: a model's blocks on PyTorch, by the names of a bundle's graphs.
 *
 * @param model whose blocks are run
 * @param bundle says how the graphs' tensors are called
 */
record ModelPath(KanervaModel model, Bundle bundle) {

    /** Runs the block of a graph, in float64 if that is what its inputs are: all outputs by name. */
    Map<String, Tensor> run(String graph, Map<String, Tensor> inputs) {
        try (NDManager scratch = model.manager().newSubManager()) {
            NDList arrays = new NDList();
            for (TensorDescription input : bundle.graphs().get(graph).inputs()) {
                arrays.add(DjlTensors.toArray(inputs.get(input.name()), scratch));
            }
            NDList results = arrays.head().getDataType() == DataType.FLOAT64
                    ? wide(block(graph), arrays, scratch)
                    : model.run(block(graph), arrays.toArray(NDArray[]::new));
            Map<String, Tensor> outputs = new LinkedHashMap<>();
            for (TensorDescription output : bundle.graphs().get(graph).outputs()) {
                outputs.put(output.name(), DjlTensors.copyOf(results.get(outputs.size())));
            }
            return outputs;
        }
    }

    private static NDList wide(Block block, NDList inputs, NDManager scratch) {
        NDList wide = new NDList();
        inputs.forEach(input -> wide.add(Float64Arrays.of(input)));
        return Float64Arrays.engineArrays(block.forward(Float64Arrays.parameters(scratch), wide, false));
    }

    private Block block(String graph) {
        return switch (graph) {
            case "encoder" -> model.encoder();
            case "memory-writer" -> model.writer();
            case "reader" -> model.reader();
            case "decoder" -> model.decoder();
            default ->
                throw new IllegalArgumentException(
                        "graph '%s': expected one of a model's four, found another".formatted(graph));
        };
    }
}
