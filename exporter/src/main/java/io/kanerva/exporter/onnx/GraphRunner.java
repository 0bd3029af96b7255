package io.kanerva.exporter.onnx;

import io.kanerva.exporter.trace.Tensor;
import java.util.Map;

/** Runs an ONNX model: how a check gets at a runtime without this package depending on one. */
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
}
