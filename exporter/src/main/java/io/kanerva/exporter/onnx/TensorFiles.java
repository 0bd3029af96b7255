package io.kanerva.exporter.onnx;

import ai.djl.ndarray.types.DataType;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import io.kanerva.exporter.onnx.proto.TensorProto;
import io.kanerva.exporter.trace.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Tensors as ONNX messages and as {@code .pb} files, the form of the ONNX project's test data. */
public final class TensorFiles {
    private TensorFiles() {}

    /**
     * Writes a tensor; a file that exists is replaced in one step.
     *
     * @param name the tensor's name in the file, may be empty
     */
    public static void write(Path file, String name, Tensor tensor) throws IOException {
        AtomicFiles.write(file, toProto(name, tensor).toByteArray());
    }

    /**
     * Reads a tensor.
     *
     * @throws IOException if the file cannot be read or holds no tensor of a known element type
     */
    public static Tensor read(Path file) throws IOException {
        try {
            return fromProto(TensorProto.parseFrom(Files.readAllBytes(file)));
        } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
            throw new IOException(file + " is no ONNX tensor: " + e.getMessage(), e);
        }
    }

    /** The message of a tensor, with its elements in raw_data. */
    public static TensorProto toProto(String name, Tensor tensor) {
        TensorProto.Builder proto = TensorProto.newBuilder()
                .setDataType(ElementTypes.number(tensor.type()))
                .setRawData(UnsafeByteOperations.unsafeWrap(tensor.buffer()));
        for (long size : tensor.shape()) {
            proto.addDims(size);
        }
        return name.isEmpty() ? proto.build() : proto.setName(name).build();
    }

    /** The tensor of a message, whose elements may be in raw_data or in the field of their type. */
    public static Tensor fromProto(TensorProto proto) {
        DataType type = ElementTypes.type(proto.getDataType());
        long[] shape = proto.getDimsList().stream().mapToLong(Long::longValue).toArray();
        if (proto.hasRawData()) {
            return Tensor.ofBytes(type, proto.getRawData().toByteArray(), shape);
        }
        List<? extends Number> elements = switch (type) {
            case FLOAT32 -> proto.getFloatDataList();
            case FLOAT64 -> proto.getDoubleDataList();
            case INT64 -> proto.getInt64DataList();
            default -> proto.getInt32DataList();
        };
        ByteBuffer bytes =
                ByteBuffer.allocate(elements.size() * type.getNumOfBytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (Number element : elements) {
            switch (type) {
                case FLOAT32 -> bytes.putFloat(element.floatValue());
                case FLOAT64 -> bytes.putDouble(element.doubleValue());
                case INT64 -> bytes.putLong(element.longValue());
                case INT32 -> bytes.putInt(element.intValue());
                // The bits of a half are in the lower half of an int32.
                case FLOAT16 -> bytes.putShort(element.shortValue());
                default -> bytes.put(element.byteValue());
            }
        }
        return Tensor.ofBytes(type, bytes.array(), shape);
    }
}
