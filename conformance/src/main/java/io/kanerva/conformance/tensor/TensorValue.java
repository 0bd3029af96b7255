package io.kanerva.conformance.tensor;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.kanerva.exporter.onnx.proto.TensorProto;
import io.kanerva.runtime.FloatTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * A dense row-major tensor of any ONNX element type. Immutable by agreement: nobody writes to its arrays.
 *
 * @param name as the graph calls it; may be empty
 * @param type TensorProto.DataType
 * @param shape sizes, none for a scalar
 * @param bytes the elements, little-endian; none if they are strings
 * @param strings the elements if they are strings, UTF-8; otherwise none
 */
public record TensorValue(String name, int type, long[] shape, byte[] bytes, List<ByteString> strings) {

    /** A tensor of numbers. */
    public static TensorValue of(String name, ElementType type, byte[] bytes, long... shape) {
        return new TensorValue(name, type.number(), shape, bytes, List.of());
    }

    /** A float32 tensor. */
    public static TensorValue of(String name, float[] values, long... shape) {
        ByteBuffer buffer = ByteBuffer.allocate(Float.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asFloatBuffer().put(values);
        return of(name, ElementType.FLOAT32, buffer.array(), shape);
    }

    /** A tensor of the runtime under a name. */
    public static TensorValue of(String name, FloatTensor tensor) {
        return of(
                name,
                tensor.data(),
                Arrays.stream(tensor.shape()).asLongStream().toArray());
    }

    /** A float64 tensor. */
    public static TensorValue of(String name, double[] values, long... shape) {
        ByteBuffer buffer = ByteBuffer.allocate(Double.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asDoubleBuffer().put(values);
        return of(name, ElementType.FLOAT64, buffer.array(), shape);
    }

    /**
     * Reads a .pb file.
     *
     * @throws IOException if it cannot be read or holds no tensor
     */
    public static TensorValue read(Path file) throws IOException {
        try {
            return of(TensorProto.parseFrom(Files.readAllBytes(file)));
        } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
            throw new IOException(
                    "%s: expected an ONNX tensor, found other bytes (%s)".formatted(file, e.getMessage()), e);
        }
    }

    /**
     * The tensor of a message, whose elements may be in raw_data or in the field of their type.
     *
     * @throws IllegalArgumentException if elements and shape do not fit
     */
    public static TensorValue of(TensorProto proto) {
        long[] shape = proto.getDimsList().stream().mapToLong(Long::longValue).toArray();
        int number = proto.getDataType();
        ElementType type = ElementType.of(number).orElse(null);
        byte[] bytes = type == null || proto.hasRawData() ? proto.getRawData().toByteArray() : typed(proto, type);
        TensorValue value = new TensorValue(
                proto.getName(),
                number,
                shape,
                bytes,
                number == ElementType.STRING ? proto.getStringDataList() : List.of());
        if (type == null && number != ElementType.STRING && !proto.hasRawData()) {
            throw new IllegalArgumentException(
                    "expected elements of a type that is known here or raw ones, found %s".formatted(value));
        }
        if (type != null && bytes.length != value.size() * type.width()
                || number == ElementType.STRING && value.strings.size() != value.size()) {
            throw new IllegalArgumentException(
                    "expected as many elements as %s takes, found %d bytes".formatted(value, bytes.length));
        }
        return value;
    }

    private static byte[] typed(TensorProto proto, ElementType type) {
        List<? extends Number> elements = switch (type) {
            case FLOAT32 -> proto.getFloatDataList();
            case FLOAT64 -> proto.getDoubleDataList();
            case INT64 -> proto.getInt64DataList();
            case UINT32, UINT64 -> proto.getUint64DataList();
            default -> proto.getInt32DataList();
        };
        ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(elements.size(), type.width()))
                .order(ByteOrder.LITTLE_ENDIAN);
        for (Number element : elements) {
            switch (type) {
                case FLOAT32 -> bytes.putFloat(element.floatValue());
                case FLOAT64 -> bytes.putDouble(element.doubleValue());
                default -> {
                    switch (type.width()) {
                        case 1 -> bytes.put(element.byteValue());
                        case 2 -> bytes.putShort(element.shortValue());
                        case 4 -> bytes.putInt(element.intValue());
                        default -> bytes.putLong(element.longValue());
                    }
                }
            }
        }
        return bytes.array();
    }

    /** Writes a .pb file, elements in raw_data. */
    public void write(Path file) throws IOException {
        TensorProto.Builder proto = TensorProto.newBuilder().setName(name).setDataType(type);
        for (long size : shape) {
            proto.addDims(size);
        }
        if (type == ElementType.STRING) {
            proto.addAllStringData(strings);
        } else {
            proto.setRawData(ByteString.copyFrom(bytes));
        }
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.write(file, proto.build().toByteArray());
    }

    /** Number of elements. */
    public long size() {
        return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }

    /**
     * The elements as doubles.
     *
     * @throws IllegalStateException if they are no numbers
     */
    public double[] doubles() {
        ElementType elements =
                ElementType.of(type).orElseThrow(() -> new IllegalStateException("expected numbers, found " + this));
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        double[] values = new double[Math.toIntExact(size())];
        for (int i = 0; i < values.length; i++) {
            values[i] = elements.next(buffer);
        }
        return values;
    }

    /** The elements as floats; only for float32. */
    public float[] floats() {
        if (type != ElementType.FLOAT32.number()) {
            throw new IllegalStateException("expected float32, found " + this);
        }
        float[] values = new float[bytes.length / Float.BYTES];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
        return values;
    }

    /** The same tensor as the runtime takes it; only for float32. */
    public FloatTensor toFloatTensor() {
        return new FloatTensor(
                floats(), Arrays.stream(shape).mapToInt(Math::toIntExact).toArray());
    }

    /** The same numbers as float64 if they are float32; any other tensor as it is. */
    public TensorValue widened() {
        return type == ElementType.FLOAT32.number() ? of(name, doubles(), shape) : this;
    }

    /** Whether type, shape and every bit are the same; names may differ. */
    public boolean sameBits(TensorValue other) {
        return type == other.type
                && Arrays.equals(shape, other.shape)
                && Arrays.equals(bytes, other.bytes)
                && strings.equals(other.strings);
    }

    /** Type and shape, for example {@code float32[2, 3]}. */
    @Override
    public String toString() {
        String element = ElementType.of(type)
                .map(known -> known.name().toLowerCase(java.util.Locale.ROOT))
                .orElse(type == ElementType.STRING ? "string" : "ONNX element type " + type);
        return element + Arrays.toString(shape);
    }
}
