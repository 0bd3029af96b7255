package io.kanerva.conformance.corpus;

import com.google.protobuf.ByteString;
import io.kanerva.conformance.runtime.TensorFolder;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.AttributeProto;
import io.kanerva.onnx.proto.AttributeProto.AttributeType;
import io.kanerva.onnx.proto.FunctionProto;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.OperatorSetIdProto;
import io.kanerva.onnx.proto.TypeProto;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Builds a small model, with values for its inputs. */
final class Graph {
    /** The domain of operators for models that are no networks. */
    private static final String CLASSIC = "ai.onnx.ml";

    /** The domain of a model's own functions, whose names begin with "My". */
    private static final String LOCAL = "local";

    private final GraphProto.Builder graph = GraphProto.newBuilder().setName("g");
    private final List<Tensor> inputs = new ArrayList<>();
    private final List<FunctionProto> functions = new ArrayList<>();
    private final int opset;

    Graph(int opset) {
        this.opset = opset;
    }

    /** A graph of opset 17. */
    static Graph graph() {
        return new Graph(17);
    }

    /** An input and its value, with the value's own shape. */
    Graph input(String name, Tensor value) {
        Object[] dimensions = Arrays.stream(value.shape()).boxed().toArray();
        return open(name, value.type(), dimensions).value(value.named(name));
    }

    /** An input without a value; dimensions are sizes, names, or null for neither. */
    Graph open(String name, ElementType type, Object... dimensions) {
        graph.addInput(info(name, type, dimensions));
        return this;
    }

    /** An input of any type, without a value. */
    Graph open(String name, TypeProto type) {
        graph.addInput(ValueInfoProto.newBuilder().setName(name).setType(type));
        return this;
    }

    /** The value of the next input. */
    Graph value(Tensor value) {
        inputs.add(value);
        return this;
    }

    private static ValueInfoProto info(String name, ElementType type, Object... dimensions) {
        ValueInfoProto.Builder info = ValueInfoProto.newBuilder().setName(name);
        var tensor = info.getTypeBuilder().getTensorTypeBuilder().setElemType(type.number());
        tensor.getShapeBuilder();
        for (Object dimension : dimensions) {
            var added = tensor.getShapeBuilder().addDimBuilder();
            if (dimension instanceof String name1) {
                added.setDimParam(name1);
            } else if (dimension != null) {
                added.setDimValue(((Number) dimension).longValue());
            }
        }
        return info.build();
    }

    /** A weight. */
    Graph weight(String name, Tensor value) {
        graph.addInitializer(value.named(name).toProto());
        return this;
    }

    /** A node; values are names separated by spaces, and {@code -} is an absent input. */
    Graph node(String operator, String from, String to, Object... attributes) {
        graph.addNode(single(operator, from, to, attributes));
        return this;
    }

    /** A node alone. */
    static NodeProto single(String operator, String from, String to, Object... attributes) {
        NodeProto.Builder node = NodeProto.newBuilder().setOpType(operator).setName(operator + "-" + to.split(" ")[0]);
        for (String name : from.isEmpty() ? new String[0] : from.split(" ")) {
            node.addInput(name.equals("-") ? "" : name);
        }
        if (operator.startsWith("My")) {
            node.setDomain(LOCAL);
        }
        if (operator.equals("ZipMap")) {
            node.setDomain(CLASSIC);
        }
        node.addAllOutput(List.of(to.split(" ")));
        for (int i = 0; i < attributes.length; i += 2) {
            node.addAttribute(attribute((String) attributes[i], attributes[i + 1]));
        }
        return node.build();
    }

    private static AttributeProto attribute(String name, Object value) {
        AttributeProto.Builder attribute = AttributeProto.newBuilder().setName(name);
        if (value instanceof Integer number) {
            attribute.setType(AttributeType.INT).setI(number);
        } else if (value instanceof Float number) {
            attribute.setType(AttributeType.FLOAT).setF(number);
        } else if (value instanceof String text) {
            attribute.setType(AttributeType.STRING).setS(ByteString.copyFromUtf8(text));
        } else if (value instanceof String[] texts) {
            attribute.setType(AttributeType.STRINGS);
            Arrays.stream(texts).map(ByteString::copyFromUtf8).forEach(attribute::addStrings);
        } else if (value instanceof int[] numbers) {
            attribute.setType(AttributeType.INTS);
            Arrays.stream(numbers).forEach(attribute::addInts);
        } else if (value instanceof Tensor tensor) {
            attribute.setType(AttributeType.TENSOR).setT(tensor.toProto());
        } else {
            attribute.setType(AttributeType.GRAPH).setG((GraphProto) value);
        }
        return attribute.build();
    }

    /** A function of the model, whose values are names separated by spaces; nodes call it by its name. */
    Graph function(String name, String from, String to, NodeProto... nodes) {
        functions.add(FunctionProto.newBuilder()
                .setName(name)
                .setDomain(LOCAL)
                .addAllInput(List.of(from.split(" ")))
                .addAllOutput(List.of(to.split(" ")))
                .addAllNode(List.of(nodes))
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset))
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain(LOCAL).setVersion(1))
                .build());
        return this;
    }

    /** An output. */
    Graph output(String name, ElementType type) {
        ValueInfoProto.Builder info = ValueInfoProto.newBuilder().setName(name);
        info.getTypeBuilder().getTensorTypeBuilder().setElemType(type.number());
        graph.addOutput(info);
        return this;
    }

    /** An output that is a sequence of tensors. */
    Graph sequence(String name, ElementType type) {
        ValueInfoProto.Builder info = ValueInfoProto.newBuilder().setName(name);
        info.getTypeBuilder()
                .getSequenceTypeBuilder()
                .getElemTypeBuilder()
                .getTensorTypeBuilder()
                .setElemType(type.number());
        graph.addOutput(info);
        return this;
    }

    /** An output that is a sequence of maps from int64 or strings to float32. */
    Graph maps(String name, ElementType key) {
        ValueInfoProto.Builder info = ValueInfoProto.newBuilder().setName(name);
        var map = info.getTypeBuilder()
                .getSequenceTypeBuilder()
                .getElemTypeBuilder()
                .getMapTypeBuilder()
                .setKeyType(key.number());
        map.getValueTypeBuilder().getTensorTypeBuilder().setElemType(ElementType.FLOAT32.number());
        graph.addOutput(info);
        return this;
    }

    /** A float32 output. */
    Graph output(String name) {
        return output(name, ElementType.FLOAT32);
    }

    /** The graph alone, as the body of a control-flow node. */
    GraphProto body() {
        return graph.build();
    }

    ModelProto.Builder proto() {
        return ModelProto.newBuilder()
                .setIrVersion(opset > 18 ? 9 : 8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(opset))
                .addOpsetImport(
                        OperatorSetIdProto.newBuilder().setDomain(CLASSIC).setVersion(3))
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain(LOCAL).setVersion(1))
                .addAllFunctions(functions)
                .setGraph(graph);
    }

    /** Writes model.onnx and the inputs. */
    Path write(Path folder) throws IOException {
        TensorFolder.write(folder.resolve("test_data_set_0"), TensorFolder.INPUT, inputs);
        return Files.write(folder.resolve("model.onnx"), proto().build().toByteArray());
    }
}
