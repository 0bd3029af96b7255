package io.kanerva.exporter.onnx;

import io.kanerva.exporter.trace.CompositeOperation;
import java.util.List;

/**
 * Lowers a composite operation that does not do so itself ({@link Composite}), for example because the block's jar must
 * not depend on ONNX.
 *
 * <p>Found with {@link java.util.ServiceLoader}: name the implementation, which needs a public constructor without
 * arguments, in {@code META-INF/services/io.kanerva.exporter.onnx.CompositeLowering}.
 */
public interface CompositeLowering {
    /** The {@linkplain CompositeOperation#name name} of the operations that this class lowers. */
    String operation();

    /**
     * Adds the computation to a graph.
     *
     * @param graph receives nodes of the standard domain, of at most its opset
     * @param operation the recorded operation, with the settings of its class
     * @param inputs one value for each input of the operation, with type and shape
     * @return one value for each of its outputs
     * @throws UnsupportedOperationException if the graph's opset cannot express it; the message gives the reason
     */
    List<Value> lower(GraphBuilder graph, CompositeOperation operation, List<Value> inputs);
}
