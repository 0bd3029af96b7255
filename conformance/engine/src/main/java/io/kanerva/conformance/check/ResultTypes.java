package io.kanerva.conformance.check;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.proto.AttributeProto;
import io.kanerva.onnx.proto.NodeProto;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The element types of nodes' results. */
final class ResultTypes {
    private static final Set<String> CASTS = Set.of("Cast", "RandomNormal", "RandomUniform", "EyeLike", "Bernoulli");

    private ResultTypes() {}

    /** The type of a node's first result; null if it is not known. */
    static ElementType first(NodeProto node, List<ValueFacts> inputs, Map<String, ValueFacts> values) {
        for (AttributeProto attribute : node.getAttributeList()) {
            boolean names =
                    attribute.getName().equals("to") || attribute.getName().equals("dtype");
            if (names && CASTS.contains(node.getOpType())) {
                return ElementType.of((int) attribute.getI()).orElse(null);
            }
            if (attribute.hasT() && node.getOpType().startsWith("Constant")) {
                return ElementType.of(attribute.getT().getDataType()).orElse(null);
            }
        }
        return switch (node.getOpType()) {
            case "And",
                    "Equal",
                    "Greater",
                    "GreaterOrEqual",
                    "IsInf",
                    "IsNaN",
                    "Less",
                    "LessOrEqual",
                    "Not",
                    "Or",
                    "Xor",
                    "OptionalHasElement" -> ElementType.BOOL;
            case "ArgMax", "ArgMin", "NonMaxSuppression", "NonZero", "SequenceLength", "Shape", "Size" ->
                ElementType.INT64;
            case "ConvInteger", "MatMulInteger" -> ElementType.INT32;
            case "ConstantOfShape" -> ElementType.FLOAT32;
            case "DynamicQuantizeLinear" -> ElementType.UINT8;
            case "QuantizeLinear" -> {
                long named = WrittenOut.attribute(node, "output_dtype")
                        .map(AttributeProto::getI)
                        .orElse(0L);
                boolean given = node.getInputCount() > 2 && !node.getInput(2).isEmpty();
                yield given
                        ? ofInput(node, 2, values)
                        : ElementType.of((int) named).orElse(ElementType.UINT8);
            }
            case "QLinearConv", "QLinearMatMul" -> ofInput(node, 7, values);
            case "CastLike", "Where" -> ofInput(node, 1, values);
            case "OneHot" -> ofInput(node, 2, values);
            case "Pow", "Resize", "Upsample" -> ofInput(node, 0, values);
            // Nearly all others compute in the type of their first floating-point input.
            default ->
                inputs.stream()
                        .map(ValueFacts::type)
                        .filter(known -> known != null && known.isFloat())
                        .findFirst()
                        .orElse(inputs.isEmpty() ? null : inputs.get(0).type());
        };
    }

    /** The type of an input; null if it is not known. */
    static ElementType ofInput(NodeProto node, int input, Map<String, ValueFacts> values) {
        return input < node.getInputCount()
                ? values.getOrDefault(node.getInput(input), ValueFacts.NOTHING).type()
                : null;
    }

    /** The types of a node's results after the first where they are of others. */
    static List<ElementType> further(NodeProto node) {
        return switch (node.getOpType()) {
            case "MaxPool", "TopK", "Unique" -> List.of(ElementType.INT64);
            case "Dropout" -> List.of(ElementType.BOOL);
            case "DynamicQuantizeLinear" -> List.of(ElementType.FLOAT32, ElementType.UINT8);
            default -> List.of();
        };
    }
}
