package io.kanerva.exporter.onnx.passes;

import io.kanerva.exporter.onnx.Graph;
import io.kanerva.exporter.onnx.Node;
import io.kanerva.exporter.trace.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Makes one Transpose of two in a row, and one Reshape of two in a row whose second target names no size of its input. */
final class MergeMoves implements Pass {
    @Override
    public Graph apply(Graph graph) {
        Map<String, Node> producers = new HashMap<>();
        List<Node> nodes = new ArrayList<>();
        for (Node node : graph.nodes()) {
            Node merged = merge(node, producers.get(node.input(0)), graph);
            merged.outputs().forEach(name -> producers.put(name, merged));
            nodes.add(merged);
        }
        return graph.with(nodes);
    }

    /** The node itself, or one that reads what the node before it read; the other is removed if nothing else reads it. */
    private static Node merge(Node node, Node before, Graph graph) {
        if (before == null || !node.operator().equals(before.operator())) {
            return node;
        }
        if (node.is("Transpose")) {
            List<Long> inner = before.longs("perm", List.of());
            List<Long> order = node.longs("perm", List.of()).stream().map(axis -> inner.get(axis.intValue())).toList();
            return node.withInputs(before.inputs()).withAttributes(Map.of("perm", order));
        }
        if (node.is("Reshape") && isAbsolute(graph.initializers().get(node.input(1)))) {
            return node.withInputs(List.of(before.input(0), node.input(1)));
        }
        return node;
    }

    /** A zero in a target means "as in the input", which would be another input after merging. */
    private static boolean isAbsolute(Tensor target) {
        if (target == null) {
            return false;
        }
        for (long size : target.longs()) {
            if (size == 0) {
                return false;
            }
        }
        return true;
    }
}
