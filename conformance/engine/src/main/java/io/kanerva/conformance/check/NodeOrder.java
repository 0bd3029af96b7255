package io.kanerva.conformance.check;

import io.kanerva.onnx.proto.AttributeProto;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The order in which nodes can be computed. ONNX wants them written so; ONNX Runtime takes them in any order. */
final class NodeOrder {
    private NodeOrder() {}

    /** The nodes, each after those whose outputs it uses; as they are written where that is so, or nothing is. */
    static List<NodeProto> of(List<NodeProto> nodes) {
        Set<String> missing = new HashSet<>();
        nodes.forEach(node -> missing.addAll(node.getOutputList()));
        missing.remove("");
        List<NodeProto> sorted = new ArrayList<>();
        List<NodeProto> waiting = nodes;
        while (!waiting.isEmpty()) {
            List<NodeProto> later = new ArrayList<>();
            for (NodeProto node : waiting) {
                Set<String> used = new HashSet<>();
                addUsed(node, used);
                used.retainAll(missing);
                if (used.isEmpty()) {
                    sorted.add(node);
                    missing.removeAll(node.getOutputList());
                } else {
                    later.add(node);
                }
            }
            if (later.size() == waiting.size()) { // a circle, of which an engine will complain
                return nodes;
            }
            waiting = later;
        }
        return sorted;
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
