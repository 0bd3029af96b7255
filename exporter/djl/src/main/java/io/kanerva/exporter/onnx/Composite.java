package io.kanerva.exporter.onnx;

import io.kanerva.exporter.trace.CompositeOperation;
import java.util.List;

/**
 * A computation with its own lowering to ONNX, instead of one for each of its operations.
 *
 * <p>A block calls {@link CompositeOperation#apply}; the engine runs {@link #compute}, the exported graph contains the
 * nodes from {@link #lower}, and the two must compute the same.
 */
public interface Composite extends CompositeOperation {
    /**
     * Adds the computation to a graph.
     *
     * @param graph receives nodes of the standard domain, of at most its opset
     * @param inputs one value per input of {@link #compute}, with type and shape
     * @return one value per output of {@link #compute}
     */
    List<Value> lower(GraphBuilder graph, List<Value> inputs);
}
