package io.kanerva.exporter.onnx;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * One node of a graph, in ONNX's standard domain.
 *
 * @param operator ONNX's name, for example {@code Conv}
 * @param inputs names of values; empty for an absent optional input
 * @param outputs names of values
 * @param attributes values are Long, Float, String, Tensor, or a list of Long, Float or String
 */
public record Node(String operator, List<String> inputs, List<String> outputs, SortedMap<String, Object> attributes) {
    public Node {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        attributes = Collections.unmodifiableSortedMap(new TreeMap<>(attributes));
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
        return new Node(operator, names, outputs, attributes);
    }

    public Node withAttributes(Map<String, Object> others) {
        return new Node(operator, inputs, outputs, new TreeMap<>(others));
    }

    /** The same node with values renamed. */
    public Node renamed(UnaryOperator<String> name) {
        return new Node(
                operator,
                inputs.stream().map(name).toList(),
                outputs.stream().map(name).toList(),
                attributes);
    }
}
