package io.kanerva.exporter.onnx.passes;

import io.kanerva.exporter.onnx.Graph;
import io.kanerva.exporter.onnx.Node;
import io.kanerva.onnx.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Applies the passes to the subgraphs of nodes; their initializers are those of the outermost graph. */
final class Subgraphs implements Pass {
    @Override
    public Graph apply(Graph graph) {
        Map<String, Tensor> initializers = new LinkedHashMap<>(graph.initializers());
        List<Node> nodes = graph.nodes().stream()
                .map(node -> node.subgraphs().isEmpty() ? node : apply(node, initializers))
                .toList();
        return graph.with(nodes, initializers);
    }

    private Node apply(Node node, Map<String, Tensor> initializers) {
        Map<String, Object> attributes = new TreeMap<>(node.attributes());
        attributes.replaceAll((name, value) -> {
            if (!(value instanceof Graph subgraph)) {
                return value;
            }
            Graph applied = Pass.applyAll(
                    subgraph.with(subgraph.nodes(), initializers),
                    this,
                    new RemoveIdentities(),
                    new MergeEqualNodes(),
                    new MergeMoves(),
                    new FuseBatchNorm(),
                    new FuseClip(),
                    new RemoveUnused());
            applied.initializers().forEach(initializers::putIfAbsent);
            return applied.with(applied.nodes(), Map.of());
        });
        return node.withAttributes(attributes);
    }
}
