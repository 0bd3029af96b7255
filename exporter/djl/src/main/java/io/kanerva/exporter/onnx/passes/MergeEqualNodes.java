package io.kanerva.exporter.onnx.passes;

import io.kanerva.exporter.onnx.Graph;
import io.kanerva.exporter.onnx.Node;
import io.kanerva.exporter.onnx.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Merges nodes with equal operators, inputs and attributes. */
final class MergeEqualNodes implements Pass {
    private record Key(String operator, List<String> inputs, Map<String, Object> attributes) {}

    @Override
    public Graph apply(Graph graph) {
        Set<String> outputs = graph.outputs().stream().map(Value::name).collect(Collectors.toSet());
        Renames renames = new Renames();
        Map<Key, Node> first = new HashMap<>();
        List<Node> nodes = new ArrayList<>();
        for (Node node : graph.nodes()) {
            Node renamed = renames.inputsOf(node);
            Key key = new Key(renamed.operator(), renamed.inputs(), renamed.attributes());
            Node same = first.get(key);
            if (same == null || node.outputs().stream().anyMatch(outputs::contains)) {
                first.putIfAbsent(key, renamed);
                nodes.add(renamed);
                continue;
            }
            for (int i = 0; i < node.outputs().size(); i++) {
                renames.put(node.outputs().get(i), same.outputs().get(i));
            }
        }
        return graph.with(nodes);
    }
}
