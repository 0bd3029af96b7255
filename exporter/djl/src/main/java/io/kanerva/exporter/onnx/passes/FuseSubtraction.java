package io.kanerva.exporter.onnx.passes;

import io.kanerva.exporter.onnx.Graph;
import io.kanerva.exporter.onnx.Node;
import io.kanerva.onnx.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Replaces {@code x * -1 + y}, which is how Java code says {@code y - x} for a number y (DJL's attention does so with
 * its mask), by one Sub: the same to the last bit.
 */
final class FuseSubtraction implements Pass {
    @Override
    public Graph apply(Graph graph) {
        Map<String, Long> uses = graph.uses();
        Map<String, Node> producers = graph.producers();
        List<Node> nodes = new ArrayList<>();
        for (Node node : graph.nodes()) {
            nodes.add(node);
            for (int i = 0; i < 2 && node.is("Add") && nodes.get(nodes.size() - 1) == node; i++) {
                Node negation = producers.get(node.input(i));
                String negated = negation == null ? "" : negated(negation, graph.initializers());
                if (!negated.isEmpty() && uses.get(negation.output()) == 1) {
                    nodes.set(
                            nodes.size() - 1,
                            new Node(
                                    "Sub",
                                    List.of(node.input(1 - i), negated),
                                    node.outputs(),
                                    node.attributes(),
                                    negation.origin().and(node.origin())));
                }
            }
        }
        return graph.with(nodes);
    }

    /** The value whose negative a node computes; empty if it computes something else. */
    private static String negated(Node node, Map<String, Tensor> initializers) {
        if (node.is("Neg")) {
            return node.input(0);
        }
        for (int i = 0; i < 2 && node.is("Mul"); i++) {
            Tensor factor = initializers.get(node.input(i));
            if (factor != null && factor.shape().length == 0 && factor.doubles()[0] == -1) {
                return node.input(1 - i);
            }
        }
        return "";
    }
}
