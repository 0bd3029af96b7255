package io.kanerva.runtime;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * Builds an ONNX model (opset 17, IR 8) node by node and writes its protobuf bytes by hand: just enough for the tests'
 * own graphs. Field numbers are those of onnx.proto.
 */
final class TinyOnnx {

    private static final int FLOAT = 1;
    private static final int INT64 = 7;

    private final Message graph = new Message();
    private int values;

    private Set<String> outputs = Set.of();

    TinyOnnx(String name) {
        graph.string(2, name);
    }

    /** A float32 input; dimensions are Integers or names. */
    TinyOnnx input(String name, Object... dimensions) {
        graph.message(11, valueInfo(FLOAT, name, dimensions));
        return this;
    }

    /** Of what becomes an output from now on, only these do; the others are values of their names. */
    TinyOnnx only(String... names) {
        outputs = Set.of(names);
        return this;
    }

    /** Makes {@code value} the float32 output {@code name}. */
    TinyOnnx output(String name, String value, Object... dimensions) {
        if (outputs.isEmpty() || outputs.contains(name)) {
            graph.message(12, valueInfo(FLOAT, name, dimensions));
        }
        graph.message(1, new Message().string(1, value).string(2, name).string(4, "Identity"));
        return this;
    }

    /** The same of int64. */
    TinyOnnx integers(String name, String value, Object... dimensions) {
        graph.message(12, valueInfo(INT64, name, dimensions));
        graph.message(1, new Message().string(1, value).string(2, name).string(4, "Identity"));
        return this;
    }

    /** Applies an operator without attributes; returns its output's name. */
    String apply(String operator, String... inputs) {
        return apply(operator, new Message(), inputs);
    }

    /** Applies an operator with attributes from {@link #ints}, {@link #integer} and {@link #string}. */
    String apply(String operator, Message attributes, String... inputs) {
        Message node = new Message();
        for (String input : inputs) {
            node.string(1, input);
        }
        String output = operator + "_" + values++;
        graph.message(1, node.string(2, output).string(4, operator).append(attributes));
        return output;
    }

    String floats(float[] data, long... dimensions) {
        ByteBuffer raw = ByteBuffer.allocate(data.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        raw.asFloatBuffer().put(data);
        return initializer(FLOAT, raw.array(), dimensions);
    }

    String scalar(double value) {
        return floats(new float[] {(float) value});
    }

    String longs(long... data) {
        ByteBuffer raw = ByteBuffer.allocate(data.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        raw.asLongBuffer().put(data);
        return initializer(INT64, raw.array(), data.length);
    }

    /** Reshapes to the first two sizes of {@code like} followed by {@code rest}. */
    String reshapeLike(String value, String like, long... rest) {
        String leading = apply("Slice", apply("Shape", like), longs(0), longs(2));
        return apply("Reshape", value, apply("Concat", integer("axis", 0), leading, longs(rest)));
    }

    byte[] toBytes() {
        return new Message()
                .varint(1, 8)
                .string(2, "kanerva-tests")
                .varint(5, 1)
                .message(7, graph)
                .message(8, new Message().string(1, "").varint(2, 17))
                .bytes();
    }

    static Message ints(String name, long... numbers) {
        Message attribute = new Message().string(1, name);
        for (long number : numbers) {
            attribute.varint(8, number);
        }
        return new Message().message(5, attribute.varint(20, 7));
    }

    static Message integer(String name, long number) {
        return new Message()
                .message(5, new Message().string(1, name).varint(3, number).varint(20, 2));
    }

    private String initializer(int type, byte[] raw, long... dimensions) {
        String name = "constant_" + values++;
        Message tensor = new Message();
        for (long dimension : dimensions) {
            tensor.varint(1, dimension);
        }
        graph.message(5, tensor.varint(2, type).string(8, name).data(9, raw));
        return name;
    }

    /** Adds a tensor that the test wrote; its name is {@code w}. */
    String initializer(Message tensor) {
        graph.message(5, tensor);
        return "w";
    }

    private static Message valueInfo(int type, String name, Object... dimensions) {
        Message shape = new Message();
        for (Object dimension : dimensions) {
            Message one = new Message();
            shape.message(
                    1, dimension instanceof Integer size ? one.varint(1, size) : one.string(2, (String) dimension));
        }
        Message tensor = new Message().varint(1, type).message(2, shape);
        return new Message().string(1, name).message(2, new Message().message(1, tensor));
    }

    /** A protobuf message being written. */
    static final class Message {

        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Message varint(int field, long value) {
            raw((long) field << 3);
            return raw(value);
        }

        Message string(int field, String text) {
            return data(field, text.getBytes(StandardCharsets.UTF_8));
        }

        Message message(int field, Message message) {
            return data(field, message.bytes());
        }

        Message data(int field, byte[] bytes) {
            raw((long) field << 3 | 2).raw(bytes.length);
            out.writeBytes(bytes);
            return this;
        }

        Message append(Message fields) {
            out.writeBytes(fields.bytes());
            return this;
        }

        byte[] bytes() {
            return out.toByteArray();
        }

        private Message raw(long value) {
            long rest = value;
            while ((rest & ~0x7FL) != 0) {
                out.write((int) (rest & 0x7F | 0x80));
                rest >>>= 7;
            }
            out.write((int) rest);
            return this;
        }
    }
}
