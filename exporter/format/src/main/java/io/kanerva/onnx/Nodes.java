package io.kanerva.onnx;

import io.kanerva.onnx.proto.AttributeProto;
import io.kanerva.onnx.proto.AttributeProto.AttributeType;
import io.kanerva.onnx.proto.NodeProto;
import java.util.Arrays;
import java.util.List;

/** Makes nodes of a graph, and their attributes. */
public final class Nodes {
    private Nodes() {}

    /** A node of a standard operator. */
    public static NodeProto node(
            String operator, String name, List<String> inputs, List<String> outputs, List<AttributeProto> attributes) {
        return NodeProto.newBuilder()
                .setOpType(operator)
                .setName(name)
                .addAllInput(inputs)
                .addAllOutput(outputs)
                .addAllAttribute(attributes)
                .build();
    }

    /** An attribute that is an integer. */
    public static AttributeProto integer(String name, long value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.INT)
                .setI(value)
                .build();
    }

    /** An attribute that is a list of integers. */
    public static AttributeProto integers(String name, Long... values) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.INTS)
                .addAllInts(Arrays.asList(values))
                .build();
    }
}
