package io.kanerva.exporter.onnx;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * One node of a graph, in ONNX's standard domain.
 *
 * @param operator ONNX's name, for example {@code Conv}
 * @param inputs names of values; empty for an absent optional input
 * @param outputs names of values
 * @param attributes values are Long, Float, String, Tensor, a subgraph ({@link Graph}), or a list of Long, Float or
 *     String
 * @param origin the part of the block that the node computes
 */
public record Node(
        String operator,
        List<String> inputs,
        List<String> outputs,
        SortedMap<String, Object> attributes,
        Origin origin) {

    public Node {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        attributes = Collections.unmodifiableSortedMap(new TreeMap<>(attributes));
    }

    /** A node whose origin is not known. */
    public Node(String operator, List<String> inputs, List<String> outputs, SortedMap<String, Object> attributes) {
        this(operator, inputs, outputs, attributes, Origin.UNKNOWN);
    }

    /** The subgraphs among the attributes, such as a Loop's body. */
    public List<Graph> subgraphs() {
        return attributes.values().stream()
                .filter(Graph.class::isInstance)
                .map(Graph.class::cast)
                .toList();
    }

    /** All values of its graph that the node reads: its inputs, and those that its subgraphs capture. */
    public List<String> reads() {
        List<Graph> subgraphs = subgraphs();
        if (subgraphs.isEmpty()) {
            return inputs;
        }
        return Stream.concat(inputs.stream(), subgraphs.stream().flatMap(subgraph -> subgraph.captured().stream()))
                .toList();
    }

    public boolean is(String name) {
        return operator.equals(name);
    }

    public String input(int index) {
        return index < inputs.size() ? inputs.get(index) : "";
    }

    public String output() {
        return outputs.get(0);
    }

    /** A list of integers, or the default if the attribute is not set. */
    @SuppressWarnings("unchecked")
    public List<Long> longs(String name, List<Long> defaults) {
        return (List<Long>) attributes.getOrDefault(name, defaults);
    }

    public Node withInputs(List<String> names) {
        return new Node(operator, names, outputs, attributes, origin);
    }

    public Node withAttributes(Map<String, Object> others) {
        return new Node(operator, inputs, outputs, new TreeMap<>(others), origin);
    }

    /** The same node with values renamed, in its subgraphs as well. */
    public Node renamed(UnaryOperator<String> name) {
        return reading(name).withOutputs(outputs.stream().map(name).toList());
    }

    /** The same node with other names of the values that it reads, in its subgraphs as well. */
    public Node reading(UnaryOperator<String> name) {
        SortedMap<String, Object> others = new TreeMap<>(attributes);
        others.replaceAll((key, value) -> value instanceof Graph subgraph ? subgraph.renamed(name) : value);
        return new Node(operator, inputs.stream().map(name).toList(), outputs, others, origin);
    }

    private Node withOutputs(List<String> names) {
        return new Node(operator, inputs, names, attributes, origin);
    }
}
