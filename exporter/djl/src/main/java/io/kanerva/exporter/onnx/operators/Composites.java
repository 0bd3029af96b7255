package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.Composite;
import io.kanerva.exporter.onnx.CompositeLowering;
import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.CompositeOperation;
import io.kanerva.exporter.trace.Operation;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;

/** Operations that come with their own lowering, or find it among the services of {@link CompositeLowering}. */
final class Composites {
    private final Map<String, CompositeLowering> services = new HashMap<>();

    /** @throws IllegalStateException if two services lower the same operation */
    Composites(Iterable<CompositeLowering> found) {
        for (CompositeLowering lowering : found) {
            CompositeLowering other = services.put(lowering.operation(), lowering);
            if (other != null) {
                throw new IllegalStateException("the composite " + lowering.operation() + " has two lowerings: "
                        + other.getClass().getName() + " and "
                        + lowering.getClass().getName());
            }
        }
    }

    static void register(Operators table) {
        table.putAll(
                "composite",
                "the composite's own lowering",
                new Composites(ServiceLoader.load(CompositeLowering.class))::lower);
    }

    List<Value> lower(GraphBuilder graph, Operation operation, List<Value> inputs) {
        CompositeOperation composite = operation.get("operation", CompositeOperation.class);
        List<Value> outputs;
        if (composite instanceof Composite own) {
            outputs = own.lower(graph, inputs);
        } else if (services.containsKey(composite.name())) {
            outputs = services.get(composite.name()).lower(graph, composite, inputs);
        } else {
            throw new UnsupportedOperationException(
                    "the composite " + composite.name() + " has no lowering to ONNX; let its class implement "
                            + "Composite, or add a service of CompositeLowering");
        }
        if (outputs.size() != operation.outputs().size()) {
            throw new UnsupportedOperationException("the composite " + composite.name() + " computes "
                    + operation.outputs().size() + " arrays and lowers to " + outputs.size());
        }
        return outputs;
    }
}
