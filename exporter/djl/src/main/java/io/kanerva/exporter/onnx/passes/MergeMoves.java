package io.kanerva.exporter.onnx.passes;

import io.kanerva.exporter.onnx.Graph;
import io.kanerva.exporter.onnx.Node;
import io.kanerva.onnx.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Merges two consecutive Transposes, and two consecutive Reshapes. */
final class MergeMoves implements Pass {
    @Override
    public Graph apply(Graph graph) {
        Map<String, Node> producers = new HashMap<>();
        Map<String, Tensor> initializers = new LinkedHashMap<>(graph.initializers());
        List<Node> nodes = new ArrayList<>();
        for (Node node : graph.nodes()) {
            Node merged = merge(node, producers.get(node.input(0)), initializers);
            merged.outputs().forEach(name -> producers.put(name, merged));
            nodes.add(merged);
        }
        return graph.with(nodes, initializers);
    }

    /**
     * The node itself, or one that reads the preceding node's input; the preceding node is removed if nothing else
     * reads it.
     */
    private static Node merge(Node node, Node before, Map<String, Tensor> initializers) {
        if (before == null || !node.operator().equals(before.operator())) {
            return node;
        }
        if (node.is("Transpose")) {
            List<Long> inner = before.longs("perm", List.of());
            List<Long> order = node.longs("perm", List.of()).stream()
                    .map(axis -> inner.get(axis.intValue()))
                    .toList();
            return node.withInputs(before.inputs()).withAttributes(Map.of("perm", order));
        }
        // In a Reshape with attributes, 0 means another thing.
        return node.is("Reshape")
                        && node.attributes().isEmpty()
                        && before.attributes().isEmpty()
                ? mergeReshapes(node, before, initializers)
                : node;
    }

    private static Node mergeReshapes(Node node, Node before, Map<String, Tensor> initializers) {
        Tensor outer = initializers.get(node.input(1));
        if (outer == null) {
            return node;
        }
        Tensor inner = initializers.get(before.input(1));
        long[] target = outer.longs();
        if (Arrays.stream(target).anyMatch(size -> size == 0)
                && (inner == null || !resolveZeros(target, inner.longs()))) {
            return node;
        }
        String name = Arrays.equals(target, outer.longs()) ? node.input(1) : before.input(1) + "/" + node.input(1);
        initializers.putIfAbsent(name, Tensor.of(target, target.length));
        return node.withInputs(List.of(before.input(0), name));
    }

    /**
     * A zero in a target means "as in the input". Merging changes the input, so the zero is replaced by the inner
     * target's size.
     *
     * @return whether at most one size of the target is open
     */
    private static boolean resolveZeros(long[] target, long[] inner) {
        for (int i = 0; i < target.length; i++) {
            target[i] = target[i] == 0 ? inner[i] : target[i];
        }
        return Arrays.stream(target).filter(size -> size == -1).count() <= 1;
    }
}
