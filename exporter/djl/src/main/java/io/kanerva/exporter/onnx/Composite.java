package io.kanerva.exporter.onnx;

import io.kanerva.exporter.trace.CompositeOperation;
import java.util.List;

/**
 * A computation that is exported as nodes of its own, instead of operation by operation.
 *
 * <p>A block calls {@link CompositeOperation#apply}; the engine computes {@link #compute}, the exported graph contains
 * what {@link #lower} adds, and the two must agree.
 */
public interface Composite extends CompositeOperation {
    /**
     * Adds the computation to a graph.
     *
     * @param graph receives nodes of the standard domain, of at most its opset
     * @param inputs one value for each input of {@link #compute}, with type and shape
     * @return one value for each output of {@link #compute}
     */
    List<Value> lower(GraphBuilder graph, List<Value> inputs);
}
