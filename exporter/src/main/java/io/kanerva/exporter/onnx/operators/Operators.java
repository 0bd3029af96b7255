package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operation;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** All operations that can be exported, with how each is said in ONNX. Written for opsets 17 to 20. */
public final class Operators {
    private final Map<String, Lowering> lowerings = new HashMap<>();

    public Operators() {
        Arithmetic.register(this);
        Functions.register(this);
        Reductions.register(this);
        Shapes.register(this);
        Indexing.register(this);
        Creation.register(this);
        Layers.register(this);
        Pooling.register(this);
        Composites.register(this);
    }

    void put(String operation, Lowering lowering) {
        if (lowerings.put(operation, lowering) != null) {
            throw new IllegalStateException(operation + " has two lowerings");
        }
    }

    void putSingle(String operation, Lowering.Single lowering) {
        put(operation, Lowering.of(lowering));
    }

    /** The names of the operations, as the tracer calls them. */
    public Set<String> names() {
        return new TreeSet<>(lowerings.keySet());
    }

    /** As {@link Lowering#lower}. */
    public List<Value> lower(GraphBuilder graph, Operation operation, List<Value> inputs) {
        Lowering lowering = lowerings.get(operation.name());
        if (lowering == null) {
            throw new UnsupportedOperationException("ONNX has no counterpart for it");
        }
        return lowering.lower(graph, operation, inputs);
    }
}
