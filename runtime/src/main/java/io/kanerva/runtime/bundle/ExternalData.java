package io.kanerva.runtime.bundle;

import io.kanerva.runtime.BundleException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/**
 * Rejects ONNX models with tensors whose data are in another file: its path could lead anywhere, and no digest would
 * cover it. Walks the protobuf messages of onnx.proto that can hold tensors and skips everything else.
 */
final class ExternalData {

    private static final int VARINT = 0;
    private static final int FIXED_64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED_32 = 5;

    /** Graphs nest in attributes of If and Loop; a model that nests deeper is malicious. */
    private static final int MAX_DEPTH = 100;

    // The messages that can hold tensors.
    private static final int MODEL = 0;
    private static final int GRAPH = 1;
    private static final int NODE = 2;
    private static final int ATTRIBUTE = 3;
    private static final int TENSOR = 4;
    private static final int SPARSE_TENSOR = 5;
    private static final int FUNCTION = 6;
    private static final int TRAINING_INFO = 7;

    /** For each message, the numbers of the fields to search and the message that each holds. */
    private static final int[][] FIELDS = {
        {7, GRAPH, 20, TRAINING_INFO, 25, FUNCTION},
        {1, NODE, 5, TENSOR, 15, SPARSE_TENSOR},
        {5, ATTRIBUTE},
        {5, TENSOR, 6, GRAPH, 10, TENSOR, 11, GRAPH, 22, SPARSE_TENSOR, 23, SPARSE_TENSOR},
        {},
        {1, TENSOR, 2, TENSOR},
        {7, NODE, 11, ATTRIBUTE},
        {1, GRAPH, 2, GRAPH}
    };

    private static final int TENSOR_EXTERNAL_DATA = 13;
    private static final int TENSOR_DATA_LOCATION = 14;

    private ExternalData() {}

    /**
     * Checks one graph file.
     *
     * @param place names the file in messages
     * @throws BundleException if a tensor's data are elsewhere, or the bytes are not a protobuf message
     */
    static void refuse(String place, byte[] model) {
        boolean found;
        try {
            found = isIn(ByteBuffer.wrap(model), MODEL, 0);
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            throw new BundleException(e, "%s: expected an ONNX model, found another or a corrupt file", place);
        }
        if (found) {
            throw new BundleException("%s: expected a self-contained graph, found a tensor with external data", place);
        }
    }

    private static boolean isIn(ByteBuffer bytes, int message, int depth) {
        if (depth > MAX_DEPTH) {
            throw new IllegalArgumentException();
        }
        while (bytes.hasRemaining()) {
            long tag = varint(bytes);
            int field = (int) (tag >>> 3);
            switch ((int) (tag & 7)) {
                case VARINT -> {
                    long value = varint(bytes);
                    if (message == TENSOR && field == TENSOR_DATA_LOCATION && value != 0) {
                        return true;
                    }
                    // ONNX Runtime 1.29 crashes where some operators' attributes do not fit 32 bits (seen: Gather's
                    // axis).
                    if (message == ATTRIBUTE && (int) value != value) {
                        throw new IllegalArgumentException();
                    }
                }
                case BYTES -> {
                    ByteBuffer content = take(bytes, varint(bytes));
                    if (message == TENSOR && field == TENSOR_EXTERNAL_DATA) {
                        return true;
                    }
                    int[] fields = FIELDS[message];
                    for (int i = 0; i < fields.length; i += 2) {
                        if (fields[i] == field && isIn(content, fields[i + 1], depth + 1)) {
                            return true;
                        }
                    }
                }
                case FIXED_32 -> take(bytes, 4);
                case FIXED_64 -> take(bytes, 8);
                default -> throw new IllegalArgumentException();
            }
        }
        return false;
    }

    private static ByteBuffer take(ByteBuffer bytes, long length) {
        if (length < 0 || length > bytes.remaining()) {
            throw new BufferUnderflowException();
        }
        ByteBuffer taken = bytes.slice(bytes.position(), (int) length);
        bytes.position(bytes.position() + (int) length);
        return taken;
    }

    private static long varint(ByteBuffer bytes) {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            byte next = bytes.get();
            value |= (next & 0x7FL) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("varint of more than 10 bytes");
    }
}
