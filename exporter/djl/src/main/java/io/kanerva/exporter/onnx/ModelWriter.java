package io.kanerva.exporter.onnx;

import com.google.protobuf.ByteString;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.AttributeProto;
import io.kanerva.onnx.proto.AttributeProto.AttributeType;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.OperatorSetIdProto;
import io.kanerva.onnx.proto.StringStringEntryProto;
import io.kanerva.onnx.proto.TensorShapeProto;
import io.kanerva.onnx.proto.TypeProto;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.util.List;

/** Writes a graph as ONNX messages. */
final class ModelWriter {
    private static final String PRODUCER = "kanerva-exporter";

    private ModelWriter() {}

    static ModelProto write(Graph graph, ExportOptions options) {
        ModelProto.Builder model = ModelProto.newBuilder()
                .setIrVersion(options.irVersion())
                .setProducerName(PRODUCER)
                .setModelVersion(options.modelVersion())
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(options.opset()))
                .setGraph(graph(graph, options.graphName(), options.opset()));
        options.metadata().forEach((key, value) -> model.addMetadataProps(entry(key, value)));
        return model.build();
    }

    private static StringStringEntryProto.Builder entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value);
    }

    private static GraphProto graph(Graph graph, String name, int opset) {
        GraphProto.Builder proto = GraphProto.newBuilder().setName(name);
        graph.inputs().forEach(input -> proto.addInput(valueInfo(input)));
        graph.outputs().forEach(output -> proto.addOutput(valueInfo(output)));
        graph.initializers()
                .forEach((key, tensor) ->
                        proto.addInitializer(tensor.owned().named(key).toProto()));
        for (Node node : graph.nodes()) {
            OperatorSchema.check(node, opset);
            NodeProto.Builder builder = NodeProto.newBuilder()
                    .setOpType(node.operator())
                    .setName(node.origin().nodeName(node.output()))
                    .addAllInput(node.inputs())
                    .addAllOutput(node.outputs());
            node.attributes()
                    .forEach((key, value) -> builder.addAttribute(
                            value instanceof Graph subgraph
                                    ? AttributeProto.newBuilder()
                                            .setName(key)
                                            .setType(AttributeType.GRAPH)
                                            .setG(graph(subgraph, node.output() + "_" + key, opset))
                                            .build()
                                    : attribute(key, value)));
            node.origin().metadata().forEach((key, value) -> builder.addMetadataProps(entry(key, value)));
            proto.addNode(builder);
        }
        return proto.build();
    }

    /** A value's type and shape; an input or output of a subgraph may have no known shape. */
    private static ValueInfoProto valueInfo(Value value) {
        TypeProto.Tensor.Builder tensor =
                TypeProto.Tensor.newBuilder().setElemType(value.type().number());
        if (value.shape() != null) {
            tensor.setShape(shape(value));
        }
        return ValueInfoProto.newBuilder()
                .setName(value.name())
                .setType(TypeProto.newBuilder().setTensorType(tensor))
                .build();
    }

    private static TensorShapeProto shape(Value value) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (Size size : value.shape()) {
            TensorShapeProto.Dimension.Builder dimension = shape.addDimBuilder();
            if (size.isFixed()) {
                dimension.setDimValue(size.value());
            } else if (size.isKnown()) {
                dimension.setDimParam(size.toString());
            }
        }
        return shape.build();
    }

    private static AttributeProto attribute(String name, Object value) {
        AttributeProto.Builder attribute =
                AttributeProto.newBuilder().setName(name).setType(type(value));
        if (value instanceof Long number) {
            attribute.setI(number);
        } else if (value instanceof Float number) {
            attribute.setF(number);
        } else if (value instanceof String text) {
            attribute.setS(ByteString.copyFromUtf8(text));
        } else if (value instanceof Tensor tensor) {
            attribute.setT(tensor.toProto());
        } else {
            for (Object element : (List<?>) value) {
                if (element instanceof Float number) {
                    attribute.addFloats(number);
                } else if (element instanceof String text) {
                    attribute.addStrings(ByteString.copyFromUtf8(text));
                } else {
                    attribute.addInts((Long) element);
                }
            }
        }
        return attribute.build();
    }

    /** The type of a {@linkplain Node#attributes node's attribute}; an empty list counts as integers. */
    static AttributeType type(Object value) {
        if (value instanceof List<?> list) {
            Object first = list.isEmpty() ? 0L : list.get(0);
            return first instanceof Float
                    ? AttributeType.FLOATS
                    : first instanceof String ? AttributeType.STRINGS : AttributeType.INTS;
        }
        if (value instanceof Graph) {
            return AttributeType.GRAPH;
        }
        return value instanceof Long
                ? AttributeType.INT
                : value instanceof Float
                        ? AttributeType.FLOAT
                        : value instanceof String ? AttributeType.STRING : AttributeType.TENSOR;
    }
}
