package io.kanerva.bundle;

import static io.kanerva.onnx.Nodes.integer;

import io.kanerva.exporter.trace.Dimension;
import io.kanerva.onnx.Nodes;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.AttributeProto;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.TensorProto;
import io.kanerva.onnx.proto.TensorShapeProto;
import io.kanerva.onnx.proto.TypeProto;
import io.kanerva.onnx.proto.ValueInfoProto;
import io.kanerva.runtime.BundleGraph;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Puts a graph together, node by node and from whole graphs. Values are known by their names. What no output needs is
 * left out in the end.
 */
final class GraphWriter {
    private final String name;
    private final Map<String, TensorProto> weights = new LinkedHashMap<>();
    private final List<NodeProto> nodes = new ArrayList<>();
    private final Map<Tensor, String> constants = new HashMap<>();

    GraphWriter(BundleGraph graph) {
        name = graph.label();
    }

    /** Adds a node with one output, and returns its name. */
    String node(String operator, String... inputs) {
        return node(operator, List.of(), inputs);
    }

    String node(String operator, List<AttributeProto> attributes, String... inputs) {
        return nodes(operator, 1, attributes, inputs).get(0);
    }

    /** Adds a node with several outputs. */
    List<String> nodes(String operator, int count, List<AttributeProto> attributes, String... inputs) {
        String own = "%s_%d".formatted(operator, nodes.size());
        List<String> outputs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            outputs.add(count == 1 ? own : own + "_" + i);
        }
        nodes.add(Nodes.node(operator, own, List.of(inputs), outputs, attributes));
        return outputs;
    }

    /** A float32 number. */
    String number(double value) {
        return constant(Tensor.of(new float[] {(float) value}));
    }

    /** An int64 list. */
    String list(long... values) {
        return constant(Tensor.of(values, values.length));
    }

    /** An int64 number. */
    String whole(long value) {
        return constant(Tensor.of(new long[] {value}));
    }

    private String constant(Tensor tensor) {
        return constants.computeIfAbsent(tensor, key -> {
            String own = "constant_" + constants.size();
            weights.put(own, key.named(own).toProto());
            return own;
        });
    }

    /** The size of a value's axis, [1]. */
    String size(String value, long axis) {
        return node("Gather", List.of(integer("axis", 0)), node("Shape", value), list(axis));
    }

    /** The numbers 0 ... n - 1 as int64, of a shape; n is [1]. */
    String range(String size, long... shape) {
        String count = node("Squeeze", size, list(0));
        return node("Reshape", node("Range", whole(0), count, whole(1)), list(shape));
    }

    String cast(String value, TensorProto.DataType type) {
        return node("Cast", List.of(integer("to", type.getNumber())), value);
    }

    /** Splits a value along an axis into parts of these sizes. */
    List<String> split(String value, long axis, long... sizes) {
        return sizes.length == 1
                ? List.of(value)
                : nodes("Split", sizes.length, List.of(integer("axis", axis)), value, list(sizes));
    }

    /** A value's part from {@code from} to {@code to} along an axis. */
    String slice(String value, long axis, long from, long to) {
        return node("Slice", value, list(from), list(to), list(axis));
    }

    String concat(long axis, List<String> parts) {
        return parts.size() == 1
                ? parts.get(0)
                : node("Concat", List.of(integer("axis", axis)), parts.toArray(String[]::new));
    }

    /** The sum over axes, which stay with size 1 if {@code keeps}. */
    String sum(String value, boolean keeps, long... axes) {
        return node("ReduceSum", List.of(integer("keepdims", keeps ? 1 : 0)), value, list(axes));
    }

    String gather(String table, String indices) {
        return node("Gather", List.of(integer("axis", 0)), table, indices);
    }

    /**
     * Adds all nodes of a graph.
     *
     * @param inputs the values that its inputs take
     * @return the values of its outputs
     */
    Map<String, String> all(ModelProto part, Map<String, String> inputs) {
        GraphProto graph = part.getGraph();
        Map<String, String> names = new HashMap<>(inputs);
        names.put("", "");
        for (TensorProto weight : graph.getInitializerList()) {
            String own = graph.getName() + "/" + weight.getName();
            names.put(weight.getName(), own);
            weights.put(own, weight.toBuilder().setName(own).build());
        }
        for (NodeProto node : graph.getNodeList()) {
            NodeProto.Builder copy = node.toBuilder()
                    .setName(graph.getName() + "/" + node.getName())
                    .clearInput()
                    .clearOutput();
            node.getInputList().forEach(input -> copy.addInput(names.get(input)));
            node.getOutputList()
                    .forEach(output ->
                            copy.addOutput(names.computeIfAbsent(output, key -> graph.getName() + "/" + key)));
            nodes.add(copy.build());
        }
        Map<String, String> outputs = new LinkedHashMap<>();
        graph.getOutputList().forEach(output -> outputs.put(output.getName(), names.get(output.getName())));
        return outputs;
    }

    /**
     * The graph.
     *
     * @param like a model whose versions and metadata it gets
     * @param values the outputs' values, by the outputs' names
     */
    ModelProto build(ModelProto like, List<GraphTensor> inputs, List<GraphTensor> outputs, Map<String, String> values) {
        Map<String, String> names = new HashMap<>();
        for (GraphTensor output : outputs) {
            String value = values.get(output.name());
            boolean isInput = inputs.stream().anyMatch(input -> input.name().equals(value));
            names.put(isInput ? node("Identity", value) : value, output.name());
        }
        Set<String> needed = new HashSet<>(names.keySet());
        ArrayDeque<NodeProto> kept = new ArrayDeque<>();
        for (int i = nodes.size() - 1; i >= 0; i--) {
            NodeProto node = nodes.get(i);
            if (node.getOutputList().stream().anyMatch(needed::contains)) {
                needed.addAll(node.getInputList());
                kept.addFirst(node);
            }
        }
        GraphProto.Builder graph = GraphProto.newBuilder().setName(name);
        for (NodeProto node : kept) {
            NodeProto.Builder copy = node.toBuilder().clearInput().clearOutput();
            node.getInputList().forEach(value -> copy.addInput(names.getOrDefault(value, value)));
            node.getOutputList().forEach(value -> copy.addOutput(names.getOrDefault(value, value)));
            graph.addNode(copy);
        }
        weights.forEach((weight, tensor) -> {
            if (needed.contains(weight)) {
                graph.addInitializer(tensor);
            }
        });
        inputs.forEach(input -> graph.addInput(info(input)));
        outputs.forEach(output -> graph.addOutput(info(output)));
        ModelProto.Builder model = like.toBuilder().setGraph(graph);
        for (int i = 0; i < model.getMetadataPropsCount(); i++) {
            if (model.getMetadataProps(i).getKey().equals(BundleExporter.GRAPH_NAME)) {
                model.getMetadataPropsBuilder(i).setValue(name);
            }
        }
        return model.build();
    }

    private static ValueInfoProto info(GraphTensor tensor) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (Dimension dimension : tensor.shape()) {
            TensorShapeProto.Dimension.Builder size = shape.addDimBuilder();
            if (dimension.isNamed()) {
                size.setDimParam(dimension.name());
            } else {
                size.setDimValue(dimension.size());
            }
        }
        boolean isFloat = tensor.type().equals(GraphTensor.TYPE);
        return ValueInfoProto.newBuilder()
                .setName(tensor.name())
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(
                                        (isFloat ? TensorProto.DataType.FLOAT : TensorProto.DataType.INT64).getNumber())
                                .setShape(shape)))
                .build();
    }
}
