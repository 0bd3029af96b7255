package io.kanerva.onnx.reference;

import com.google.protobuf.ByteString;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.AttributeProto;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.NodeProto;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A node's attributes, with the specification's defaults at the place of use. */
final class Attributes {
    private final Map<String, AttributeProto> values = new HashMap<>();

    Attributes(NodeProto node) {
        node.getAttributeList().forEach(attribute -> values.put(attribute.getName(), attribute));
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    long integer(String name, long otherwise) {
        return has(name) ? values.get(name).getI() : otherwise;
    }

    double real(String name, double otherwise) {
        return has(name) ? values.get(name).getF() : otherwise;
    }

    String text(String name, String otherwise) {
        return has(name) ? values.get(name).getS().toStringUtf8() : otherwise;
    }

    int[] integers(String name, int... otherwise) {
        return has(name)
                ? values.get(name).getIntsList().stream()
                        .mapToInt(Math::toIntExact)
                        .toArray()
                : otherwise;
    }

    List<String> texts(String name) {
        return has(name)
                ? values.get(name).getStringsList().stream()
                        .map(ByteString::toStringUtf8)
                        .toList()
                : List.of();
    }

    GraphProto graph(String name) {
        return values.get(name).getG();
    }

    Array tensor(String name) {
        return Array.of(Tensor.of(values.get(name).getT()));
    }
}
