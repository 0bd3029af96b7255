package io.kanerva.conformance.check;

import io.kanerva.conformance.compare.Precision;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.AttributeProto;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.TensorProto;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A float32 case in float64: the same model with the same weights and inputs, whose outputs tell how large float32's
 * own error is.
 */
final class DoublePrecision {

    private DoublePrecision() {}

    /** Writes the case in float64; the model's file keeps its name, by which a runtime may know it. */
    static Case of(Case single, Path scratch) throws IOException {
        Path folder = scratch.resolve(single.graph().replaceAll("[^\\w.-]", "_"));
        Path model = folder.resolve(single.model().getFileName());
        if (!Files.exists(model)) {
            Files.createDirectories(folder);
            Files.write(model, widened(SelfContained.read(single.model())));
        }
        Path inputs = Files.createDirectories(folder.resolve(single.label().replaceAll("[^\\w.-]", "_")));
        for (int i = 0; Files.exists(single.inputs().resolve("input_" + i + ".pb")); i++) {
            widened(Tensor.read(single.inputs().resolve("input_" + i + ".pb")))
                    .write(inputs.resolve("input_" + i + ".pb"));
        }
        return new Case(
                single.graph(), single.label(), model, Precision.FLOAT32, inputs, List.of(), single.tolerance());
    }

    /** The model with every float32 weight, constant, type and cast made float64. */
    private static byte[] widened(ModelProto.Builder model) {
        widen(model.getGraphBuilder());
        return model.build().toByteArray();
    }

    private static void widen(GraphProto.Builder graph) {
        for (TensorProto.Builder initializer : graph.getInitializerBuilderList()) {
            widen(initializer);
        }
        List<ValueInfoProto.Builder> values = new ArrayList<>(graph.getInputBuilderList());
        values.addAll(graph.getOutputBuilderList());
        values.addAll(graph.getValueInfoBuilderList());
        for (ValueInfoProto.Builder value : values) {
            if (value.getType().getTensorType().getElemType() == ElementType.FLOAT32.number()) {
                value.getTypeBuilder().getTensorTypeBuilder().setElemType(ElementType.FLOAT64.number());
            }
        }
        for (NodeProto.Builder node : graph.getNodeBuilderList()) {
            for (AttributeProto.Builder attribute : node.getAttributeBuilderList()) {
                if (attribute.hasT()) {
                    widen(attribute.getTBuilder());
                }
                if (attribute.hasG()) {
                    widen(attribute.getGBuilder());
                }
                boolean type =
                        node.getOpType().equals("Cast") && attribute.getName().equals("to")
                                || attribute.getName().equals("dtype");
                if (type && attribute.getI() == ElementType.FLOAT32.number()) {
                    attribute.setI(ElementType.FLOAT64.number());
                }
            }
        }
    }

    private static Tensor widened(Tensor tensor) {
        return tensor.type() == ElementType.FLOAT32
                ? Tensor.of(ElementType.FLOAT64, tensor.doubles(), tensor.shape())
                        .named(tensor.name())
                : tensor;
    }

    private static void widen(TensorProto.Builder tensor) {
        if (tensor.getDataType() == ElementType.FLOAT32.number()) {
            Tensor wide = widened(Tensor.of(tensor.build()));
            tensor.clearFloatData()
                    .setDataType(ElementType.FLOAT64.number())
                    .setRawData(com.google.protobuf.ByteString.copyFrom(wide.bytes()));
        }
    }
}
