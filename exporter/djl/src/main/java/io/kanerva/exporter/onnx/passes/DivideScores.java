package io.kanerva.exporter.onnx.passes;

import io.kanerva.exporter.onnx.Graph;
import io.kanerva.exporter.onnx.Node;
import io.kanerva.onnx.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Writes the scores of an attention as {@code scores / 8} where they are {@code scores * 0.125}, if the mask that is
 * added to them is a product, too: ONNX Runtime's optimiser for transformers takes the first product that it finds for
 * the mask's. Only for powers of two, for which both are the same to the last bit.
 */
final class DivideScores implements Pass {
    @Override
    public Graph apply(Graph graph) {
        Map<String, Node> producers = graph.producers();
        Set<Node> scaled = new HashSet<>();
        for (Node node : graph.nodes()) {
            Node sum = node.is("Softmax") ? producers.get(node.input(0)) : null;
            for (int i = 0; i < 2 && sum != null && sum.is("Add"); i++) {
                Node scores = producers.get(sum.input(i));
                Node mask = producers.get(sum.input(1 - i));
                if (scores != null && scores.is("Mul") && mask != null && mask.is("Mul")) {
                    scaled.add(scores);
                }
            }
        }
        Map<String, Tensor> initializers = new LinkedHashMap<>(graph.initializers());
        List<Node> nodes = new ArrayList<>();
        graph.nodes().forEach(node -> nodes.add(scaled.contains(node) ? divided(node, producers, initializers) : node));
        return graph.with(nodes, initializers);
    }

    private static Node divided(Node node, Map<String, Node> producers, Map<String, Tensor> initializers) {
        for (int i = 0; i < 2; i++) {
            Node product = producers.get(node.input(i));
            Tensor factor = initializers.get(node.input(1 - i));
            if (product != null && product.is("MatMul") && factor != null && isPowerOfTwo(factor)) {
                String name = node.input(1 - i) + "/inverse";
                initializers.put(name, Tensor.filled(factor.type(), 1 / factor.doubles()[0]));
                return new Node("Div", List.of(node.input(i), name), node.outputs(), node.attributes(), node.origin());
            }
        }
        return node;
    }

    /** Whether dividing by its inverse is exact; from 1/1024 to 1, so that the inverse is finite in float16, too. */
    private static boolean isPowerOfTwo(Tensor factor) {
        if (!factor.type().isFloat() || factor.shape().length > 0) {
            return false;
        }
        double value = factor.doubles()[0];
        return value <= 1 && value >= 0x1p-10 && Math.scalb(1.0, Math.getExponent(value)) == value;
    }
}
