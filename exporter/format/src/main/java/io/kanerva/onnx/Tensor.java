package io.kanerva.onnx;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import io.kanerva.onnx.proto.TensorProto;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleSupplier;

/**
 * A dense row-major tensor of any ONNX element type. Immutable; a tensor {@linkplain #over over a buffer} is immutable
 * as long as the buffer is not written to. Equal tensors have the same type, shape and bits; names are not compared.
 */
public final class Tensor {
    private final String name;
    private final ElementType type;
    private final long[] shape;
    /** Little-endian, with position 0, which never changes, and its limit at its end. Empty for strings. */
    private final ByteBuffer bytes;
    /** Elements of a tensor of strings, in UTF-8; empty for other types. */
    private final List<ByteString> strings;

    private Tensor(String name, ElementType type, long[] shape, ByteBuffer bytes, List<ByteString> strings) {
        this.name = name;
        this.type = type;
        this.shape = shape;
        this.bytes = bytes;
        this.strings = strings;
        long expected = type.bytes(size());
        if (bytes.limit() != expected) {
            throw new IllegalArgumentException("a %s tensor of shape %s: expected %d bytes, found %d"
                    .formatted(type, Arrays.toString(shape), expected, bytes.limit()));
        }
        if (type == ElementType.STRING && strings.size() != size()) {
            throw new IllegalArgumentException("a tensor of shape %s: expected %d strings, found %d"
                    .formatted(Arrays.toString(shape), size(), strings.size()));
        }
    }

    /** A tensor over little-endian bytes, which are shared and must not change. */
    public static Tensor over(ElementType type, ByteBuffer bytes, long... shape) {
        return new Tensor("", type, shape.clone(), bytes, List.of());
    }

    /** A tensor over a copy of little-endian bytes. */
    public static Tensor ofBytes(ElementType type, byte[] bytes, long... shape) {
        return over(type, ByteBuffer.wrap(bytes.clone()), shape);
    }

    /** A tensor of strings in UTF-8. */
    public static Tensor of(List<ByteString> strings, long... shape) {
        return new Tensor("", ElementType.STRING, shape.clone(), ByteBuffer.allocate(0), List.copyOf(strings));
    }

    /** A float32 tensor. */
    public static Tensor of(float[] values, long... shape) {
        ByteBuffer buffer = littleEndian(Float.BYTES * values.length);
        buffer.asFloatBuffer().put(values);
        return over(ElementType.FLOAT32, buffer, shape);
    }

    /** A float32 tensor with a name. */
    public static Tensor of(String name, float[] values, long... shape) {
        return of(values, shape).named(name);
    }

    /** An int64 tensor. */
    public static Tensor of(long[] values, long... shape) {
        ByteBuffer buffer = littleEndian(Long.BYTES * values.length);
        buffer.asLongBuffer().put(values);
        return over(ElementType.INT64, buffer, shape);
    }

    /** A tensor of one value, converted to the type. */
    public static Tensor filled(ElementType type, double value, long... shape) {
        return of(type, () -> value, shape);
    }

    /** A tensor of these values, converted to the type; as a boolean, any value but 0 is true. */
    public static Tensor of(ElementType type, double[] values, long... shape) {
        return of(type, Arrays.stream(values).iterator()::nextDouble, shape);
    }

    /** A tensor of consecutive values from a source, converted to the type. */
    public static Tensor of(ElementType type, DoubleSupplier values, long... shape) {
        long count = elements(shape);
        ByteBuffer buffer = littleEndian(Math.toIntExact(type.bytes(count)));
        for (long i = 0; i < count; i++) {
            type.put(values.getAsDouble(), buffer);
        }
        return over(type, buffer.clear(), shape);
    }

    /**
     * The tensor of a message, whose elements may be in raw_data or in the field of their type.
     *
     * @throws IllegalArgumentException if ONNX has no such type, or the number of elements does not match the shape
     */
    public static Tensor of(TensorProto proto) {
        ElementType type = ElementType.of(proto.getDataType())
                .orElseThrow(() -> new IllegalArgumentException(
                        "expected an ONNX element type, found the number " + proto.getDataType()));
        return new Tensor(
                proto.getName(),
                type,
                proto.getDimsList().stream().mapToLong(Long::longValue).toArray(),
                proto.hasRawData() ? proto.getRawData().asReadOnlyByteBuffer().slice() : typed(proto, type),
                proto.getStringDataList());
    }

    /** The elements in the field for the type, as little-endian bytes. */
    private static ByteBuffer typed(TensorProto proto, ElementType type) {
        List<? extends Number> elements = switch (type) {
            case FLOAT32, COMPLEX64 -> proto.getFloatDataList();
            case FLOAT64, COMPLEX128 -> proto.getDoubleDataList();
            case INT64 -> proto.getInt64DataList();
            case UINT32, UINT64 -> proto.getUint64DataList();
            default -> proto.getInt32DataList();
        };
        ByteBuffer bytes = littleEndian(Math.multiplyExact(elements.size(), Double.BYTES));
        for (Number element : elements) {
            switch (type) {
                case FLOAT32, COMPLEX64 -> bytes.putFloat(element.floatValue());
                case FLOAT64, COMPLEX128 -> bytes.putDouble(element.doubleValue());
                case INT64, UINT64 -> bytes.putLong(element.longValue());
                case INT32, UINT32 -> bytes.putInt(element.intValue());
                case INT16, UINT16, FLOAT16, BFLOAT16 -> bytes.putShort(element.shortValue());
                default -> bytes.put(element.byteValue());
            }
        }
        return bytes.flip().slice();
    }

    /**
     * Reads a {@code .pb} file, the form of the ONNX project's test data.
     *
     * @throws IOException if the file is unreadable or not a tensor
     */
    public static Tensor read(Path file) throws IOException {
        try {
            return of(TensorProto.parseFrom(Files.readAllBytes(file)));
        } catch (InvalidProtocolBufferException | IllegalArgumentException | ArithmeticException e) {
            throw new IOException(
                    "%s: expected an ONNX tensor, found other bytes (%s)".formatted(file, e.getMessage()), e);
        }
    }

    /** Writes a {@code .pb} file, with elements in raw_data; an existing file is replaced in one step. */
    public void write(Path file) throws IOException {
        AtomicFiles.write(file, toProto().toByteArray());
    }

    /** The message of the tensor, with its elements in raw_data, which shares the tensor's bytes. */
    public TensorProto toProto() {
        TensorProto.Builder proto = TensorProto.newBuilder().setDataType(type.number());
        for (long size : shape) {
            proto.addDims(size);
        }
        if (!name.isEmpty()) {
            proto.setName(name);
        }
        return type == ElementType.STRING
                ? proto.addAllStringData(strings).build()
                : proto.setRawData(
                                bytes.hasArray()
                                        ? UnsafeByteOperations.unsafeWrap(
                                                bytes.array(), bytes.arrayOffset(), bytes.limit())
                                        : UnsafeByteOperations.unsafeWrap(buffer()))
                        .build();
    }

    /** The same tensor with another name. */
    public Tensor named(String other) {
        return new Tensor(other, type, shape, bytes, strings);
    }

    /** The tensor with its bytes on the Java heap; itself if they are there already. */
    public Tensor owned() {
        return bytes.isDirect() ? new Tensor(name, type, shape, ByteBuffer.wrap(bytes()), strings) : this;
    }

    /** The name; empty if it has none. */
    public String name() {
        return name;
    }

    public ElementType type() {
        return type;
    }

    public long[] shape() {
        return shape.clone();
    }

    /** Number of elements. */
    public long size() {
        return elements(shape);
    }

    /** A copy of the elements' little-endian bytes. */
    public byte[] bytes() {
        byte[] copy = new byte[bytes.limit()];
        buffer().get(copy);
        return copy;
    }

    /** A read-only view of the bytes. */
    public ByteBuffer buffer() {
        return bytes.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The elements of a tensor of strings, in UTF-8; none for other types. */
    public List<ByteString> strings() {
        return strings;
    }

    /** A copy with each row along the first axis multiplied by its factor, of a type that is not an integer. */
    public Tensor withRowsScaled(double[] factors) {
        ByteBuffer from = buffer();
        ByteBuffer scaled = littleEndian(bytes.limit());
        int row = Math.toIntExact(size() / factors.length);
        if (type == ElementType.FLOAT32) {
            // Most weights: three times as fast.
            FloatBuffer values = from.asFloatBuffer();
            FloatBuffer products = scaled.asFloatBuffer();
            for (int i = 0; i < row * factors.length; i++) {
                products.put(i, (float) (values.get(i) * factors[i / row]));
            }
            return over(type, scaled, shape);
        }
        for (double factor : factors) {
            for (int i = 0; i < row; i++) {
                type.put(type.next(from) * factor, scaled);
            }
        }
        return over(type, scaled.clear(), shape);
    }

    /** Whether no element is infinite or NaN. */
    public boolean isFinite() {
        ByteBuffer buffer = buffer();
        if (type == ElementType.FLOAT32) {
            FloatBuffer values = buffer.asFloatBuffer();
            boolean isFinite = true;
            for (int i = 0; i < values.capacity(); i++) {
                isFinite &= Float.isFinite(values.get(i));
            }
            return isFinite;
        }
        for (long i = size(); i > 0; i--) {
            if (!Double.isFinite(type.next(buffer))) {
                return false;
            }
        }
        return true;
    }

    /** The values of a float32 tensor. */
    public float[] floats() {
        require(ElementType.FLOAT32);
        float[] values = new float[bytes.limit() / Float.BYTES];
        buffer().asFloatBuffer().get(values);
        return values;
    }

    /** The values of an int64 tensor. */
    public long[] longs() {
        require(ElementType.INT64);
        long[] values = new long[bytes.limit() / Long.BYTES];
        buffer().asLongBuffer().get(values);
        return values;
    }

    /**
     * The elements as doubles; true is 1.
     *
     * @throws IllegalStateException if the type {@linkplain ElementType#isNumeric is not numeric}
     */
    public double[] doubles() {
        ByteBuffer buffer = buffer();
        double[] values = new double[Math.toIntExact(size())];
        for (int i = 0; i < values.length; i++) {
            values[i] = type.next(buffer);
        }
        return values;
    }

    /**
     * The elements one by one, for comparing and showing: text for strings, {@link Long} for integers (an uint64 by its
     * bits), {@link Boolean}, {@link Double} for floating-point types; an element of any other type is its bits in
     * hexadecimal, which for types of less than a byte are those of the byte that it shares, or {@code NaN} for any NaN
     * of 8 bits.
     */
    public List<Object> elements() {
        List<Object> elements = new ArrayList<>();
        if (type == ElementType.STRING) {
            strings.forEach(text -> elements.add(text.toStringUtf8()));
            return elements;
        }
        ByteBuffer buffer = buffer();
        long count = size();
        for (int i = 0; i < count; i++) {
            elements.add(
                    switch (type) {
                        case INT64, UINT64 -> buffer.getLong();
                        case BOOL -> buffer.get() != 0;
                        default ->
                            type.isFloat()
                                    ? (Object) type.next(buffer)
                                    : type.isInteger() ? (Object) (long) type.next(buffer) : bits(i, count);
                    });
        }
        return elements;
    }

    private String bits(long index, long count) {
        int one = bytes.get((int) Math.min(index, bytes.limit() - 1)) & 0xff;
        boolean isNan = switch (type) {
            case FLOAT8E4M3FN -> (one & 0x7f) == 0x7f;
            case FLOAT8E4M3FNUZ, FLOAT8E5M2FNUZ -> one == 0x80;
            case FLOAT8E5M2 -> (one & 0x7f) > 0x7c;
            case FLOAT8E8M0 -> one == 0xff;
            default -> false;
        };
        if (isNan) {
            return "NaN";
        }
        int width = (int) Math.max(1, type.bytes(count) / Math.max(1, count));
        int from = (int) (index * type.bytes(count) / count);
        StringBuilder text = new StringBuilder("0x");
        for (int i = width - 1; i >= 0; i--) {
            text.append(String.format("%02x", bytes.get(from + i)));
        }
        return text.toString();
    }

    private void require(ElementType expected) {
        if (type != expected) {
            throw new IllegalStateException("expected a %s tensor, found %s".formatted(expected, this));
        }
    }

    private static long elements(long[] shape) {
        return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }

    private static ByteBuffer littleEndian(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public boolean equals(Object other) {
        return other == this
                || other instanceof Tensor tensor
                        && type == tensor.type
                        && Arrays.equals(shape, tensor.shape)
                        && bytes.equals(tensor.bytes)
                        && strings.equals(tensor.strings);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(shape) + bytes.hashCode();
    }

    /** Type and shape, for example {@code float32[2, 3]}. */
    @Override
    public String toString() {
        return type + Arrays.toString(shape);
    }
}
