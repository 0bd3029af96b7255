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
import java.util.stream.LongStream;

/**
 * Removes nodes that return their input. One that names a graph output is removed too, and the preceding node takes its
 * name, unless the output is a graph input, a constant, or the same value as another output.
 */
final class RemoveIdentities implements Pass {
    @Override
    public Graph apply(Graph graph) {
        Set<String> outputs = graph.outputs().stream().map(Value::name).collect(Collectors.toSet());
        Renames renames = new Renames();
        List<Node> nodes = new ArrayList<>();
        for (Node node : graph.nodes()) {
            Node renamed = renames.inputsOf(node);
            if (isIdentity(renamed) && !outputs.contains(node.output())) {
                renames.put(node.output(), renamed.input(0));
            } else {
                nodes.add(renamed);
            }
        }
        return graph.with(nameOutputs(nodes, outputs));
    }

    private static boolean isIdentity(Node node) {
        if (node.is("Transpose")) {
            List<Long> order = node.longs("perm", List.of());
            return order.equals(LongStream.range(0, order.size()).boxed().toList());
        }
        return node.is("Identity");
    }

    private static List<Node> nameOutputs(List<Node> nodes, Set<String> outputs) {
        Set<String> made =
                nodes.stream().flatMap(node -> node.outputs().stream()).collect(Collectors.toSet());
        Map<String, String> names = new HashMap<>();
        List<Node> kept = new ArrayList<>();
        for (Node node : nodes) {
            String from = node.input(0);
            boolean isNaming =
                    isIdentity(node) && made.contains(from) && !outputs.contains(from) && !names.containsKey(from);
            if (isNaming) {
                names.put(from, node.output());
            } else {
                kept.add(node);
            }
        }
        return kept.stream()
                .map(node -> node.renamed(name -> names.getOrDefault(name, name)))
                .toList();
    }
}
