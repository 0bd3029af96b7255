package io.kanerva.exporter.onnx;

import io.kanerva.onnx.Tensor;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * A graph: nodes in topological order, connected by names. Immutable; passes make new ones.
 *
 * <p>A node may have subgraphs, which read values of the graphs around them by name. No name occurs twice in a model,
 * and the whole model's initializers belong to its outermost graph.
 *
 * @param inputs the model's or the subgraph's inputs
 * @param outputs the model's or the subgraph's outputs
 * @param nodes each reads only inputs, initializers, earlier nodes' outputs and values of the graphs around this one
 * @param initializers weights and constants by name, in order of first use; none in a subgraph
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
                .flatMap(node -> node.reads().stream())
                .collect(Collectors.groupingBy(name -> name, Collectors.counting()));
        outputs.forEach(output -> uses.merge(output.name(), 1L, Long::sum));
        return uses;
    }

    /** The values of the graphs around this one that it reads. */
    public Set<String> captured() {
        Set<String> own = new HashSet<>(initializers.keySet());
        inputs.forEach(input -> own.add(input.name()));
        nodes.forEach(node -> own.addAll(node.outputs()));
        Set<String> captured = new LinkedHashSet<>();
        nodes.forEach(node -> captured.addAll(node.reads()));
        outputs.forEach(output -> captured.add(output.name()));
        captured.removeAll(own);
        captured.remove("");
        return captured;
    }

    /** The same graph with values renamed, in its subgraphs as well. */
    public Graph renamed(UnaryOperator<String> name) {
        return new Graph(
                inputs.stream().map(value -> value.renamed(name)).toList(),
                outputs.stream().map(value -> value.renamed(name)).toList(),
                nodes.stream().map(node -> node.renamed(name)).toList(),
                initializers);
    }

    /** The node that computes each value. */
    public Map<String, Node> producers() {
        Map<String, Node> producers = new LinkedHashMap<>();
        nodes.forEach(node -> node.outputs().forEach(name -> producers.put(name, node)));
        return producers;
    }
}
