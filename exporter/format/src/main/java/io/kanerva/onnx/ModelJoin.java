package io.kanerva.onnx;

import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.TensorProto;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Joins models that run one after the other into one model: an output of an earlier model feeds the inputs of later
 * models that have its name. All outputs stay outputs. Nothing is recomputed, so the values equal the parts' values.
 */
public final class ModelJoin {
    private ModelJoin() {}

    /**
     * Joins models.
     *
     * @param graphName of the result
     * @param parts in the order in which they run; format version, operator sets and metadata are the first one's
     * @return inputs: those that no earlier part computes, in order; outputs: those of all parts, in order
     * @throws IllegalArgumentException if two parts have outputs of the same name, or use different operator sets
     */
    public static ModelProto join(String graphName, List<ModelProto> parts) {
        GraphProto.Builder graph = GraphProto.newBuilder().setName(graphName);
        Map<String, ValueInfoProto> inputs = new LinkedHashMap<>();
        Map<String, ValueInfoProto> outputs = new LinkedHashMap<>();
        for (ModelProto part : parts) {
            if (!part.getOpsetImportList().equals(parts.get(0).getOpsetImportList())) {
                throw new IllegalArgumentException("join: expected all parts on the same operator sets, found %s and %s"
                        .formatted(parts.get(0).getOpsetImportList(), part.getOpsetImportList()));
            }
            for (ValueInfoProto input : part.getGraph().getInputList()) {
                if (!outputs.containsKey(input.getName())) {
                    inputs.putIfAbsent(input.getName(), input);
                }
            }
            for (ValueInfoProto output : part.getGraph().getOutputList()) {
                if (outputs.put(output.getName(), output) != null) {
                    throw new IllegalArgumentException(
                            "join: expected outputs of different names, found '%s' twice".formatted(output.getName()));
                }
            }
            copy(part.getGraph(), graph);
        }
        graph.addAllInput(inputs.values()).addAllOutput(outputs.values());
        return parts.get(0).toBuilder().setGraph(graph).build();
    }

    /**
     * Copies nodes and weights; names that are neither input nor output get the part's name as a prefix, so that parts
     * do not collide.
     */
    private static void copy(GraphProto part, GraphProto.Builder graph) {
        Set<String> shared = new HashSet<>();
        part.getInputList().forEach(input -> shared.add(input.getName()));
        part.getOutputList().forEach(output -> shared.add(output.getName()));
        for (TensorProto weight : part.getInitializerList()) {
            graph.addInitializer(weight.toBuilder().setName(inner(part, shared, weight.getName())));
        }
        for (NodeProto node : part.getNodeList()) {
            NodeProto.Builder copy = node.toBuilder()
                    .setName(part.getName() + "/" + node.getName())
                    .clearInput()
                    .clearOutput();
            node.getInputList().forEach(name -> copy.addInput(inner(part, shared, name)));
            node.getOutputList().forEach(name -> copy.addOutput(inner(part, shared, name)));
            graph.addNode(copy);
        }
    }

    private static String inner(GraphProto part, Set<String> shared, String name) {
        return name.isEmpty() || shared.contains(name) ? name : part.getName() + "/" + name;
    }
}
