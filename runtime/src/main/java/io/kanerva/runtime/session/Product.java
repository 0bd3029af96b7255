package io.kanerva.runtime.session;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.RunOptions;
import io.kanerva.runtime.InferenceException;
import io.kanerva.runtime.TensorException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Products of matrices by ONNX Runtime, a graph of one node, in direct buffers. Used by one thread at a time; owns its
 * tensors.
 */
final class Product implements AutoCloseable {

    private static final String LEFT = "left";
    private static final String RIGHT = "right";
    private static final String PRODUCTS = "products";

    /** What is multiplied, and what the products are. */
    enum Kind {
        FLOAT64("MatMul", OnnxJavaType.DOUBLE, OnnxJavaType.DOUBLE, OnnxJavaType.DOUBLE),
        /** Unsigned by signed bytes. Pairs of products must fit into 16 bits, which older processors add them in. */
        BYTES("MatMulInteger", OnnxJavaType.UINT8, OnnxJavaType.INT8, OnnxJavaType.INT32);

        private final String operator;
        private final OnnxJavaType left;
        private final OnnxJavaType right;
        private final OnnxJavaType products;

        Kind(String operator, OnnxJavaType left, OnnxJavaType right, OnnxJavaType products) {
            this.operator = operator;
            this.left = left;
            this.right = right;
            this.products = products;
        }

        /** The graph, opset 17. Field numbers are those of onnx.proto. */
        byte[] graph() {
            byte[] node = message(text(1, LEFT), text(1, RIGHT), text(2, PRODUCTS), text(4, operator));
            byte[] graph = message(
                    field(1, node),
                    text(2, "look-up"),
                    field(11, value(LEFT, left)),
                    field(11, value(RIGHT, right)),
                    field(12, value(PRODUCTS, products)));
            byte[] irVersion = {1 << 3, 8};
            byte[] opset = {2 << 3, 17};
            return message(irVersion, field(7, graph), field(8, opset));
        }
    }

    private final Kind kind;
    private final Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
    private final Map<String, OnnxTensor> outputs = new LinkedHashMap<>();
    private final ByteBuffer left;
    private final ByteBuffer right;
    private final ByteBuffer products;

    Product(Kind kind, long[] left, long[] right, long[] products) {
        this.kind = kind;
        try {
            this.left = add(inputs, LEFT, kind.left, left);
            this.right = add(inputs, RIGHT, kind.right, right);
            this.products = add(outputs, PRODUCTS, kind.products, products);
        } catch (OrtException e) {
            close();
            throw new InferenceException(e, "look up: ONNX Runtime makes no tensor: %s", e.getMessage());
        } catch (TensorException e) {
            close();
            throw e;
        }
    }

    private static ByteBuffer add(Map<String, OnnxTensor> to, String name, OnnxJavaType type, long... shape)
            throws OrtException {
        long bytes = Arrays.stream(shape).reduce(type.size, Math::multiplyExact);
        try {
            ByteBuffer buffer =
                    ByteBuffer.allocateDirect(Math.toIntExact(bytes)).order(ByteOrder.nativeOrder());
            to.put(name, OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), buffer, shape, type));
            return buffer;
        } catch (OutOfMemoryError e) {
            throw new TensorException(
                    "look up: expected room for %d bytes in the JVM's direct memory, found too little (%s)",
                    bytes, e.getMessage());
        }
    }

    /** A tensor of any shape. */
    private static byte[] value(String name, OnnxJavaType type) {
        byte[] elementType = {1 << 3, elementType(type)};
        return message(text(1, name), field(2, field(1, elementType)));
    }

    /** Its number in onnx.proto. */
    private static byte elementType(OnnxJavaType type) {
        return switch (type) {
            case UINT8 -> 2;
            case INT8 -> 3;
            case INT32 -> 6;
            default -> 11; // float64
        };
    }

    private static byte[] text(int number, String text) {
        return field(number, text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] field(int number, byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(number << 3 | 2);
        out.write(content.length & 0x7F | (content.length > 0x7F ? 0x80 : 0));
        if (content.length > 0x7F) {
            out.write(content.length >> 7);
        }
        out.writeBytes(content);
        return out.toByteArray();
    }

    private static byte[] message(byte[]... fields) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] field : fields) {
            out.writeBytes(field);
        }
        return out.toByteArray();
    }

    Kind kind() {
        return kind;
    }

    ByteBuffer left() {
        return left;
    }

    ByteBuffer right() {
        return right;
    }

    ByteBuffer products() {
        return products;
    }

    /** The buffers' size in floats. */
    long floats() {
        return ((long) left.capacity() + right.capacity() + products.capacity()) / Float.BYTES;
    }

    void run(OrtSession session, RunOptions options) throws OrtException {
        session.run(inputs, Collections.emptySet(), outputs, options).close(); // its iterator is no garbage
    }

    @Override
    public void close() {
        inputs.values().forEach(OnnxTensor::close);
        outputs.values().forEach(OnnxTensor::close);
    }
}
