package io.kanerva.conformance.check;

import io.kanerva.onnx.proto.AttributeProto;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Set;

/** The order in which nodes can be computed. ONNX wants them written so; ONNX Runtime takes them in any order. */
final class NodeOrder {
    private NodeOrder() {}

    /** The nodes, each after those whose outputs it uses; as they are written where that is so, or nothing is. */
    static List<NodeProto> of(List<NodeProto> nodes) {
        Map<String, Integer> makers = new HashMap<>();
        List<List<Integer>> users = new ArrayList<>();
        for (int i = 0; i < nodes.size(); i++) {
            users.add(new ArrayList<>());
            for (String output : nodes.get(i).getOutputList()) {
                makers.putIfAbsent(output, i);
            }
        }
        makers.remove("");
        int[] missing = new int[nodes.size()];
        Queue<Integer> ready = new PriorityQueue<>();
        for (int i = 0; i < nodes.size(); i++) {
            Set<String> used = new HashSet<>();
            addUsed(nodes.get(i), used);
            used.retainAll(makers.keySet());
            for (String name : used) {
                users.get(makers.get(name)).add(i);
            }
            missing[i] = used.size();
            if (used.isEmpty()) {
                ready.add(i);
            }
        }
        List<NodeProto> sorted = new ArrayList<>();
        while (!ready.isEmpty()) {
            int next = ready.remove();
            sorted.add(nodes.get(next));
            for (int user : users.get(next)) {
                if (--missing[user] == 0) {
                    ready.add(user);
                }
            }
        }
        return sorted.size() == nodes.size() ? sorted : nodes; // else a circle, of which an engine will complain
    }

    /** Adds the names that a node and the graphs within it use. */
    static void addUsed(NodeProto node, Set<String> names) {
        names.addAll(node.getInputList());
        for (GraphProto body : bodies(node)) {
            body.getNodeList().forEach(inner -> addUsed(inner, names));
            body.getOutputList().forEach(output -> names.add(output.getName()));
        }
    }

    /** The graphs within a node. */
    static List<GraphProto> bodies(NodeProto node) {
        List<GraphProto> bodies = new ArrayList<>();
        for (AttributeProto attribute : node.getAttributeList()) {
            bodies.addAll(attribute.getGraphsList());
            if (attribute.hasG()) {
                bodies.add(attribute.getG());
            }
        }
        return bodies;
    }
}
