package io.kanerva.conformance.check;

import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.TypeProto;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The part of a model that computes one value, and nothing else: so that everything between stays hidden from the
 * outside, as it is in the whole model, and an engine may fuse it.
 *
 * @param model with that value as its only output
 * @param inputs their values, in the order of its graph
 */
record SubModel(ModelProto model, List<Tensor> inputs) {

    /**
     * The part that computes a value.
     *
     * @param model with all its data
     * @param value to compute
     * @param known values that are given and not computed: of the model's inputs, and perhaps of others
     */
    static SubModel of(ModelProto model, String value, Map<String, Tensor> known) {
        List<NodeProto> nodes = new ArrayList<>();
        Set<String> needed = new HashSet<>(Set.of(value));
        List<NodeProto> all = model.getGraph().getNodeList();
        for (int i = all.size() - 1; i >= 0; i--) {
            NodeProto node = all.get(i);
            if (node.getOutputList().stream()
                    .anyMatch(output -> needed.contains(output) && !known.containsKey(output))) {
                nodes.add(0, node);
                NodeOrder.addUsed(node, needed);
            }
        }
        GraphProto.Builder graph = model.getGraph().toBuilder().clearNode().addAllNode(nodes);
        graph.clearInput().clearOutput().clearInitializer().clearSparseInitializer();
        List<Tensor> inputs = new ArrayList<>();
        known.forEach((name, tensor) -> {
            if (needed.contains(name)) {
                graph.addInput(info(name, tensor));
                inputs.add(tensor.named(name));
            }
        });
        model.getGraph().getInitializerList().stream()
                .filter(weight -> needed.contains(weight.getName()) && !known.containsKey(weight.getName()))
                .forEach(graph::addInitializer);
        model.getGraph().getSparseInitializerList().stream()
                .filter(weight -> needed.contains(weight.getValues().getName()))
                .forEach(graph::addSparseInitializer);
        graph.addOutput(model.getGraph().getOutputList().stream()
                .filter(output -> output.getName().equals(value))
                .findFirst()
                .orElseGet(() -> ValueInfoProto.newBuilder().setName(value).build()));
        return new SubModel(model.toBuilder().setGraph(graph).build(), inputs);
    }

    /** The model, whose output is declared to be like this tensor, which engines and readers of a report need. */
    ModelProto giving(Tensor output) {
        ModelProto.Builder declared = model.toBuilder();
        String name = model.getGraph().getOutput(0).getName();
        declared.getGraphBuilder().setOutput(0, info(name, output));
        return declared.build();
    }

    private static ValueInfoProto info(String name, Tensor tensor) {
        ValueInfoProto.Builder info = ValueInfoProto.newBuilder().setName(name);
        TypeProto.Tensor.Builder type = info.getTypeBuilder().getTensorTypeBuilder();
        type.setElemType(tensor.type().number()).getShapeBuilder();
        for (long size : tensor.shape()) {
            type.getShapeBuilder().addDimBuilder().setDimValue(size);
        }
        return info.build();
    }
}
