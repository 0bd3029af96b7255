package io.kanerva.conformance.check;

import io.kanerva.conformance.runtime.TensorFolder;
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

/** Converts a float32 case to float64: the same model with the same weights and inputs. */
final class DoublePrecision {

    private DoublePrecision() {}

    /** Writes the case in float64. The model's file keeps its name, by which a runtime may recognise it. */
    static Case of(Case single, Path scratch) throws IOException {
        Path folder = scratch.resolve(fileName(single.graph()));
        Path model = folder.resolve(single.model().getFileName());
        if (!Files.exists(model)) {
            Files.createDirectories(folder);
            ModelProto.Builder wide = SelfContained.read(single.model());
            widen(wide.getGraphBuilder());
            Files.write(model, wide.build().toByteArray());
        }
        List<Tensor> inputs = TensorFolder.read(single.inputs(), TensorFolder.INPUT);
        Path widened = TensorFolder.write(
                folder.resolve(fileName(single.label())),
                TensorFolder.INPUT,
                inputs.stream().map(DoublePrecision::widened).toList());
        return new Case(single.graph(), single.label(), model, widened, List.of(), single.reference(), single.budget());
    }

    private static String fileName(String text) {
        return text.replaceAll("[^\\w.-]", "_");
    }

    /** A float32 tensor as float64; any other tensor unchanged. */
    static Tensor widened(Tensor tensor) {
        return tensor.type() == ElementType.FLOAT32
                ? Tensor.of(ElementType.FLOAT64, tensor.doubles(), tensor.shape())
                        .named(tensor.name())
                : tensor;
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

    private static void widen(TensorProto.Builder tensor) {
        if (tensor.getDataType() == ElementType.FLOAT32.number()) {
            TensorProto wide = widened(Tensor.of(tensor.build())).toProto();
            tensor.clearFloatData().setDataType(wide.getDataType()).setRawData(wide.getRawData());
        }
    }
}
