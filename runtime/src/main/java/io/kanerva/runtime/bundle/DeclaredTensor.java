package io.kanerva.runtime.bundle;

import io.kanerva.runtime.TensorDescription;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * An input or output of a graph as its file declares it. Field numbers are those of onnx.proto.
 *
 * @param type as bundle.json names it
 * @param shape sizes and names; empty text for a dimension that has neither
 */
record DeclaredTensor(String name, String type, List<String> shape) {

    private static final String NO_TENSOR = "no tensor";

    /** Reads a ValueInfoProto. */
    static DeclaredTensor read(ProtoMessage value) {
        String name = "";
        String type = NO_TENSOR;
        List<String> shape = new ArrayList<>();
        while (value.next()) {
            switch (value.field()) {
                case 1 -> name = value.text();
                case 2 -> type = readType(value.message(), shape);
                default -> {}
            }
        }
        return new DeclaredTensor(name, type, shape);
    }

    private static String readType(ProtoMessage type, List<String> shape) {
        String name = NO_TENSOR;
        while (type.next()) {
            if (type.field() == 1) {
                ProtoMessage tensor = type.message();
                while (tensor.next()) {
                    switch (tensor.field()) {
                        case 1 -> name = name(tensor.integer());
                        case 2 -> readShape(tensor.message(), shape);
                        default -> {}
                    }
                }
            }
        }
        return name;
    }

    private static String name(long type) {
        return type == GraphFile.FLOAT ? "float32" : type == GraphFile.INT64 ? "int64" : "element type " + type;
    }

    private static void readShape(ProtoMessage message, List<String> shape) {
        while (message.next()) {
            if (message.field() == 1) {
                ProtoMessage dimension = message.message();
                String size = "";
                while (dimension.next()) {
                    switch (dimension.field()) {
                        case 1 -> size = Long.toString(dimension.integer());
                        case 2 -> size = dimension.text();
                        default -> {}
                    }
                }
                shape.add(size);
            }
        }
    }

    /** Whether it is the tensor expected; a dimension without a name fits any name, but no size. */
    boolean fits(TensorDescription expected) {
        List<String> wanted = expected.shape();
        return type.equals(expected.type())
                && shape.size() == wanted.size()
                && IntStream.range(0, shape.size())
                        .allMatch(axis -> shape.get(axis).equals(wanted.get(axis))
                                || shape.get(axis).isEmpty() && !Signature.isSize(wanted.get(axis)));
    }
}
