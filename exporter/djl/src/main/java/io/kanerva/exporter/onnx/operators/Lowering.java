package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operation;
import java.util.List;

/** Expresses one kind of operation in ONNX. */
@FunctionalInterface
public interface Lowering {
    /**
     * Adds nodes to a graph.
     *
     * @param operation the operation with its attributes, types and shapes
     * @param inputs its inputs in the graph, {@link Value#ABSENT} for absent ones
     * @return one value per output
     * @throws UnsupportedOperationException if ONNX cannot express it; the message gives the reason
     */
    List<Value> lower(GraphBuilder graph, Operation operation, List<Value> inputs);

    /** A lowering with one output. */
    @FunctionalInterface
    interface Single {
        Value lower(GraphBuilder graph, Operation operation, List<Value> inputs);
    }

    static Lowering of(Single single) {
        return (graph, operation, inputs) -> List.of(single.lower(graph, operation, inputs));
    }
}
