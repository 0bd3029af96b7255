package io.kanerva.exporter.onnx;

import io.kanerva.onnx.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A graph: nodes in topological order, connected by names. Immutable; passes make new ones.
 *
 * @param inputs the model's inputs
 * @param outputs the model's outputs
 * @param nodes each reads only inputs, initializers and earlier nodes' outputs
 * @param initializers weights and constants by name, in order of first use
 */
public record Graph(List<Value> inputs, List<Value> outputs, List<Node> nodes, Map<String, Tensor> initializers) {
    public Graph {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        nodes = List.copyOf(nodes);
        initializers = Collections.unmodifiableMap(new LinkedHashMap<>(initializers));
    }

    public Graph with(List<Node> others) {
        return new Graph(inputs, outputs, others, initializers);
    }

    public Graph with(List<Node> others, Map<String, Tensor> tensors) {
        return new Graph(inputs, outputs, others, tensors);
    }

    /** The number of nodes that read each value; a graph output counts as a reader. */
    public Map<String, Long> uses() {
        Map<String, Long> uses = nodes.stream()
                .flatMap(node -> node.inputs().stream())
                .collect(Collectors.groupingBy(name -> name, Collectors.counting()));
        outputs.forEach(output -> uses.merge(output.name(), 1L, Long::sum));
        return uses;
    }

    /** The node that computes each value. */
    public Map<String, Node> producers() {
        Map<String, Node> producers = new LinkedHashMap<>();
        nodes.forEach(node -> node.outputs().forEach(name -> producers.put(name, node)));
        return producers;
    }
}
