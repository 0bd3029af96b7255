package io.kanerva.exporter.onnx;

import io.kanerva.exporter.trace.CompositeOperation;
import java.util.List;

/** What a user adds, as a service, for a composite that knows nothing of ONNX. */
public final class HardSwishLowering implements CompositeLowering {
    @Override
    public String operation() {
        return "HardSwish";
    }

    @Override
    public List<Value> lower(GraphBuilder graph, CompositeOperation operation, List<Value> inputs) {
        return List.of(graph.node("HardSwish", inputs));
    }
}
