package io.kanerva.exporter.onnx;

import io.kanerva.exporter.onnx.proto.AttributeProto;
import io.kanerva.exporter.onnx.proto.ModelProto;
import io.kanerva.exporter.onnx.proto.NodeProto;
import io.kanerva.exporter.onnx.proto.TensorProto;
import io.kanerva.exporter.onnx.proto.TensorShapeProto;
import io.kanerva.exporter.onnx.proto.ValueInfoProto;
import io.kanerva.exporter.trace.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** A model as text: a line for each input, weight, node and output; small constants are written where they are used. */
final class ModelListing {
    private static final int SMALL = 8;

    private final StringBuilder text = new StringBuilder();
    private final Map<String, String> constants = new HashMap<>();

    private ModelListing() {
    }

    static String of(ModelProto model) {
        return new ModelListing().list(model);
    }

    private String list(ModelProto model) {
        line("graph %s, model version %d, opset %d, IR %d, by %s", model.getGraph().getName(), model.getModelVersion(),
                model.getOpsetImport(0).getVersion(), model.getIrVersion(), model.getProducerName());
        model.getMetadataPropsList().forEach(entry -> line("  %s: %s", entry.getKey(), entry.getValue()));
        model.getGraph().getInputList().forEach(input -> line("input  %s %s", input.getName(), type(input)));
        model.getGraph().getInitializerList().forEach(this::initializer);
        model.getGraph().getNodeList().forEach(this::node);
        model.getGraph().getOutputList().forEach(output -> line("output %s %s", output.getName(), type(output)));
        return text.toString();
    }

    private void initializer(TensorProto proto) {
        Tensor tensor = TensorFiles.fromProto(proto);
        if (tensor.size() <= SMALL) {
            String values = Arrays.stream(tensor.doubles()).mapToObj(v -> v == Math.rint(v) && Math.abs(v) < 1e15
                    ? Long.toString((long) v) : Double.toString(v)).collect(Collectors.joining(", "));
            constants.put(proto.getName(), tensor.shape().length == 0 ? values : "[" + values + "]");
        } else {
            line("weight %s %s%s", proto.getName(), tensor.type(), Arrays.toString(tensor.shape()));
        }
    }

    private void node(NodeProto node) {
        String inputs = node.getInputList().stream().map(name -> name.isEmpty() ? "-" : constants.getOrDefault(name, name))
                .collect(Collectors.joining(", "));
        String attributes = node.getAttributeList().stream().map(ModelListing::attribute).collect(Collectors.joining(", "));
        line("%s = %s(%s)%s", String.join(", ", node.getOutputList()), node.getOpType(), inputs,
                attributes.isEmpty() ? "" : " {" + attributes + "}");
    }

    private static String attribute(AttributeProto attribute) {
        Object value = switch (attribute.getType()) {
            case INT -> attribute.getI();
            case FLOAT -> attribute.getF();
            case STRING -> attribute.getS().toStringUtf8();
            case INTS -> attribute.getIntsList();
            case FLOATS -> attribute.getFloatsList();
            case TENSOR -> TensorFiles.fromProto(attribute.getT());
            default -> attribute.getType();
        };
        return attribute.getName() + "=" + value;
    }

    private static String type(ValueInfoProto info) {
        return ElementTypes.type(info.getType().getTensorType().getElemType()) + info.getType().getTensorType().getShape()
                .getDimList().stream().map(ModelListing::dimension).collect(Collectors.joining(", ", "[", "]"));
    }

    private static String dimension(TensorShapeProto.Dimension dimension) {
        return dimension.hasDimValue() ? Long.toString(dimension.getDimValue())
                : dimension.hasDimParam() ? dimension.getDimParam() : "?";
    }

    private void line(String format, Object... arguments) {
        text.append(String.format(Locale.ROOT, format, arguments)).append('\n');
    }
}
