package io.kanerva.exporter.onnx.passes;

import io.kanerva.exporter.onnx.Graph;
import io.kanerva.exporter.onnx.Node;
import io.kanerva.onnx.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Replaces a Relu and a Min with a positive number, DJL's ReLU6, with a Clip, which runtimes fuse with the preceding
 * convolution.
 */
final class FuseClip implements Pass {
    @Override
    public Graph apply(Graph graph) {
        Map<String, Long> uses = graph.uses();
        Map<String, Node> producers = graph.producers();
        Map<String, Tensor> initializers = new LinkedHashMap<>(graph.initializers());
        List<Node> nodes = new ArrayList<>();
        for (Node node : graph.nodes()) {
            boolean isMin = node.is("Min") && node.inputs().size() == 2;
            String from =
                    isMin && isRectified(producers.get(node.input(0))) ? node.input(0) : isMin ? node.input(1) : "";
            Node rectifier = producers.get(from);
            Tensor largest = isMin ? initializers.get(node.input(from.equals(node.input(0)) ? 1 : 0)) : null;
            if (!isRectified(rectifier)
                    || uses.get(from) != 1
                    || largest == null
                    || largest.shape().length > 0
                    || !(largest.doubles()[0] > 0)) {
                nodes.add(node);
                continue;
            }
            String zero = "zero_" + largest.type().name().toLowerCase(Locale.ROOT);
            initializers.putIfAbsent(zero, Tensor.filled(largest.type(), 0));
            String number = node.input(from.equals(node.input(0)) ? 1 : 0);
            nodes.add(new Node(
                    "Clip",
                    List.of(rectifier.input(0), zero, number),
                    node.outputs(),
                    new TreeMap<>(),
                    rectifier.origin().and(node.origin())));
        }
        return graph.with(nodes, initializers);
    }

    private static boolean isRectified(Node node) {
        return node != null && node.is("Relu");
    }
}
