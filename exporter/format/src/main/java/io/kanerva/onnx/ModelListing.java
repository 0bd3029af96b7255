package io.kanerva.onnx;

import com.google.protobuf.ByteString;
import io.kanerva.onnx.proto.AttributeProto;
import io.kanerva.onnx.proto.FunctionProto;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.StringStringEntryProto;
import io.kanerva.onnx.proto.TensorProto;
import io.kanerva.onnx.proto.TensorShapeProto;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** A model as text: one line per input, weight, node and output; small constants are shown where they are used. */
final class ModelListing {
    private static final int MAX_INLINE = 8;
    private final boolean showsOrigins;
    private final StringBuilder text = new StringBuilder();
    private String indent = "";
    private final Map<String, String> constants = new HashMap<>();

    private ModelListing(boolean showsOrigins) {
        this.showsOrigins = showsOrigins;
    }

    static String of(ModelProto model, boolean showsOrigins) {
        return new ModelListing(showsOrigins).list(model);
    }

    private String list(ModelProto model) {
        String opsets = model.getOpsetImportList().stream()
                .map(set -> (set.getDomain().isEmpty() ? "" : set.getDomain() + " ") + set.getVersion())
                .collect(Collectors.joining(" and "));
        line(
                "graph %s, model version %d, opset %s, IR %d, by %s",
                model.getGraph().getName(),
                model.getModelVersion(),
                opsets,
                model.getIrVersion(),
                model.getProducerName());
        model.getMetadataPropsList().forEach(entry -> line("  %s: %s", entry.getKey(), entry.getValue()));
        model.getGraph().getInputList().forEach(input -> line("input  %s %s", input.getName(), type(input)));
        model.getGraph().getInitializerList().forEach(this::initializer);
        model.getGraph().getNodeList().forEach(this::node);
        model.getGraph().getOutputList().forEach(output -> line("output %s %s", output.getName(), type(output)));
        model.getFunctionsList().forEach(this::function);
        return text.toString();
    }

    private void initializer(TensorProto proto) {
        long size = proto.getDimsList().stream().reduce(1L, (a, b) -> a * b);
        boolean isExternal = proto.getDataLocation() == TensorProto.DataLocation.EXTERNAL;
        if (size <= MAX_INLINE && !isExternal && isNumeric(proto.getDataType())) {
            Tensor tensor = Tensor.of(proto);
            String values = Arrays.stream(tensor.doubles())
                    .mapToObj(
                            v -> v == Math.rint(v) && Math.abs(v) < 1e15 ? Long.toString((long) v) : Double.toString(v))
                    .collect(Collectors.joining(", "));
            constants.put(proto.getName(), tensor.shape().length == 0 ? values : "[" + values + "]");
        } else {
            line(
                    "weight %s %s%s%s",
                    proto.getName(),
                    typeName(proto.getDataType()),
                    proto.getDimsList(),
                    isExternal ? " in " + location(proto) : "");
        }
    }

    private static boolean isNumeric(int type) {
        return ElementType.of(type).filter(ElementType::isNumeric).isPresent();
    }

    private static String typeName(int type) {
        return ElementType.of(type).map(ElementType::toString).orElse("type " + type);
    }

    private static String location(TensorProto proto) {
        return proto.getExternalDataList().stream()
                .filter(entry -> entry.getKey().equals("location"))
                .map(StringStringEntryProto::getValue)
                .findFirst()
                .orElse("an unnamed file");
    }

    private void node(NodeProto node) {
        String inputs = node.getInputList().stream()
                .map(name -> name.isEmpty() ? "-" : constants.getOrDefault(name, name))
                .collect(Collectors.joining(", "));
        String attributes = node.getAttributeList().stream()
                .filter(attribute -> !attribute.hasG())
                .map(ModelListing::attribute)
                .collect(Collectors.joining(", "));
        line(
                "%s = %s(%s)%s%s",
                String.join(", ", node.getOutputList()),
                (node.getDomain().isEmpty() ? "" : node.getDomain() + ".") + node.getOpType(),
                inputs,
                attributes.isEmpty() ? "" : " {" + attributes + "}",
                showsOrigins ? origin(node) : "");
        node.getAttributeList().stream().filter(AttributeProto::hasG).forEach(this::subgraph);
    }

    /** A subgraph follows its node, indented. */
    private void subgraph(AttributeProto attribute) {
        GraphProto graph = attribute.getG();
        indent += "  ";
        line("%s", attribute.getName());
        graph.getInputList().forEach(input -> line("input  %s %s", input.getName(), type(input)));
        graph.getInitializerList().forEach(this::initializer);
        graph.getNodeList().forEach(this::node);
        graph.getOutputList().forEach(output -> line("output %s %s", output.getName(), type(output)));
        indent = indent.substring(2);
    }

    private void function(FunctionProto function) {
        constants.clear();
        line(
                "function %s.%s(%s) = %s",
                function.getDomain(),
                function.getName(),
                String.join(", ", function.getInputList()),
                String.join(", ", function.getOutputList()));
        indent += "  ";
        function.getNodeList().forEach(this::node);
        indent = indent.substring(2);
    }

    private static String origin(NodeProto node) {
        return node.getMetadataPropsList().stream()
                .map(entry -> entry.getKey() + " " + entry.getValue())
                .reduce((a, b) -> a + ", " + b)
                .map(text -> "  # " + text)
                .orElse("");
    }

    private static String attribute(AttributeProto attribute) {
        Object value = switch (attribute.getType()) {
            case INT -> attribute.getI();
            case FLOAT -> attribute.getF();
            case STRING -> attribute.getS().toStringUtf8();
            case INTS -> attribute.getIntsList();
            case FLOATS -> attribute.getFloatsList();
            case TENSOR ->
                typeName(attribute.getT().getDataType()) + attribute.getT().getDimsList();
            case STRINGS ->
                attribute.getStringsList().stream()
                        .map(ByteString::toStringUtf8)
                        .toList();
            default -> attribute.getType();
        };
        return attribute.getName() + "=" + value;
    }

    private static String type(ValueInfoProto info) {
        return typeName(info.getType().getTensorType().getElemType())
                + info.getType().getTensorType().getShape().getDimList().stream()
                        .map(ModelListing::dimension)
                        .collect(Collectors.joining(", ", "[", "]"));
    }

    private static String dimension(TensorShapeProto.Dimension dimension) {
        return dimension.hasDimValue()
                ? Long.toString(dimension.getDimValue())
                : dimension.hasDimParam() ? dimension.getDimParam() : "?";
    }

    private void line(String format, Object... arguments) {
        text.append(indent)
                .append(String.format(Locale.ROOT, format, arguments))
                .append('\n');
    }
}
