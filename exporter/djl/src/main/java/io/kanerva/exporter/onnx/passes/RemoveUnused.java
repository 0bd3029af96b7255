package io.kanerva.exporter.onnx.passes;

import io.kanerva.exporter.onnx.Graph;
import io.kanerva.exporter.onnx.Node;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.onnx.Tensor;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Removes nodes and initializers that no output depends on. */
final class RemoveUnused implements Pass {
    @Override
    public Graph apply(Graph graph) {
        Set<String> needed = graph.outputs().stream().map(Value::name).collect(Collectors.toCollection(HashSet::new));
        Deque<Node> kept = new ArrayDeque<>();
        List<Node> nodes = graph.nodes();
        for (int i = nodes.size() - 1; i >= 0; i--) {
            Node node = nodes.get(i);
            if (node.outputs().stream().anyMatch(needed::contains)) {
                kept.addFirst(node);
                needed.addAll(node.reads());
            }
        }
        Map<String, Tensor> initializers = new LinkedHashMap<>(graph.initializers());
        initializers.keySet().retainAll(needed);
        return graph.with(List.copyOf(kept), initializers);
    }
}
