package io.kanerva.exporter.onnx.passes;

import io.kanerva.exporter.onnx.Graph;
import io.kanerva.exporter.onnx.Node;
import io.kanerva.onnx.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Stores a matrix once where a shared layer is applied to vectors, which use it directly, and to sequences, which use
 * it transposed: the transposed one is then computed.
 */
final class ShareTransposed implements Pass {
    private static final String SUFFIX = "/transposed";

    @Override
    public Graph apply(Graph graph) {
        Map<String, Tensor> initializers = new LinkedHashMap<>(graph.initializers());
        List<Node> nodes = new ArrayList<>();
        for (String name : graph.initializers().keySet()) {
            String matrix = name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : "";
            if (initializers.containsKey(matrix)) {
                initializers.remove(name);
                nodes.add(new Node(
                        "Transpose", List.of(matrix), List.of(name), new TreeMap<>(Map.of("perm", List.of(1L, 0L)))));
            }
        }
        nodes.addAll(graph.nodes());
        return nodes.size() == graph.nodes().size() ? graph : graph.with(nodes, initializers);
    }
}
