package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.util.Float16Utils;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.PrimitiveIterator;
import java.util.function.DoubleSupplier;

/**
 * A dense row-major tensor outside of any engine: element type, shape and little-endian bytes. Immutable; a
 * {@linkplain #viewOf view} is as long as nobody writes to the engine's array.
 */
public final class Tensor {
    /** The element types that a tensor can be made of and read as numbers. */
    public static final List<DataType> TYPES = List.of(
            DataType.FLOAT32,
            DataType.FLOAT64,
            DataType.FLOAT16,
            DataType.INT8,
            DataType.UINT8,
            DataType.INT32,
            DataType.INT64,
            DataType.BOOLEAN);

    private final DataType type;
    private final long[] shape;
    /** From 0 to its end, which is its limit; nobody moves its position. */
    private final ByteBuffer bytes;

    private Tensor(DataType type, long[] shape, byte[] bytes) {
        this(type, shape, ByteBuffer.wrap(bytes));
    }

    private Tensor(DataType type, long[] shape, ByteBuffer bytes) {
        long expected = elements(shape) * type.getNumOfBytes();
        if (bytes.limit() != expected) {
            throw new IllegalArgumentException("a " + type + " tensor of shape " + Arrays.toString(shape) + " takes "
                    + expected + " bytes, found " + bytes.limit());
        }
        this.type = type;
        this.shape = shape;
        this.bytes = bytes;
    }

    /** A tensor over a copy of little-endian bytes. */
    public static Tensor ofBytes(DataType type, byte[] bytes, long... shape) {
        return new Tensor(type, shape.clone(), bytes.clone());
    }

    /** A float32 tensor. */
    public static Tensor of(float[] values, long... shape) {
        ByteBuffer buffer = littleEndian(4 * values.length);
        buffer.asFloatBuffer().put(values);
        return new Tensor(DataType.FLOAT32, shape.clone(), buffer.array());
    }

    /** An int64 tensor. */
    public static Tensor of(long[] values, long... shape) {
        ByteBuffer buffer = littleEndian(8 * values.length);
        buffer.asLongBuffer().put(values);
        return new Tensor(DataType.INT64, shape.clone(), buffer.array());
    }

    /** A tensor of one value, converted to the type. */
    public static Tensor filled(DataType type, double value, long... shape) {
        double[] values = new double[Math.toIntExact(elements(shape))];
        Arrays.fill(values, value);
        return of(type, values, shape);
    }

    /** A tensor of these values, converted to the type; a truth value is whether a number is not 0. */
    public static Tensor of(DataType type, double[] values, long... shape) {
        PrimitiveIterator.OfDouble next = Arrays.stream(values).iterator();
        return of(type, next::nextDouble, shape);
    }

    /** A tensor of the values that a source gives one after the other, converted to the type. */
    public static Tensor of(DataType type, DoubleSupplier values, long... shape) {
        int count = Math.toIntExact(elements(shape));
        ByteBuffer buffer = littleEndian(Math.multiplyExact(count, type.getNumOfBytes()));
        for (int i = 0; i < count; i++) {
            double value = values.getAsDouble();
            switch (type) {
                case FLOAT32 -> buffer.putFloat((float) value);
                case FLOAT64 -> buffer.putDouble(value);
                case FLOAT16 -> buffer.putShort(Float16Utils.floatToHalf((float) value));
                case INT32 -> buffer.putInt((int) value);
                case INT64 -> buffer.putLong((long) value);
                case INT8, UINT8 -> buffer.put((byte) (int) value);
                case BOOLEAN -> buffer.put((byte) (value == 0 ? 0 : 1));
                default -> throw new IllegalArgumentException("no tensors of type " + type + " are made here");
            }
        }
        return new Tensor(type, shape.clone(), buffer.array());
    }

    /** A copy of an engine's array. */
    public static Tensor copyOf(NDArray array) {
        // The engine's own memory where it can be seen: one copy instead of two.
        ByteBuffer source = array.toByteBuffer(array.size() > 0);
        byte[] bytes = new byte[source.remaining()];
        source.get(bytes);
        return new Tensor(array.getDataType(), array.getShape().getShape(), bytes);
    }

    /**
     * An array of the engine without a copy, where its memory can be seen. It must not be read any more when the array
     * is closed, and shows what is written to the array.
     */
    static Tensor viewOf(NDArray array) {
        return array.size() == 0
                ? copyOf(array)
                : new Tensor(array.getDataType(), array.getShape().getShape(), array.toByteBuffer(true));
    }

    /** The tensor with memory of its own: itself, if it is no view. */
    public Tensor owned() {
        return bytes.isDirect() ? new Tensor(type, shape, bytes()) : this;
    }

    /** A new array of the engine with these values. */
    public NDArray toArray(NDManager manager) {
        ByteBuffer buffer = manager.allocateDirect(bytes.limit());
        buffer.put(buffer()).rewind();
        return manager.create(buffer, new Shape(shape), type);
    }

    public DataType type() {
        return type;
    }

    public long[] shape() {
        return shape.clone();
    }

    /** Number of elements. */
    public long size() {
        return elements(shape);
    }

    public byte[] bytes() {
        byte[] copy = new byte[bytes.limit()];
        buffer().get(copy);
        return copy;
    }

    /** A float32 tensor whose rows along the first axis are this one's, each multiplied by its own number. */
    public Tensor withRowsScaled(double[] factors) {
        require(DataType.FLOAT32);
        ByteBuffer scaled = littleEndian(bytes.limit());
        FloatBuffer from = buffer().asFloatBuffer();
        FloatBuffer to = scaled.asFloatBuffer();
        int row = from.capacity() / factors.length;
        for (int i = 0; i < row * factors.length; i++) {
            to.put(i, (float) (from.get(i) * factors[i / row]));
        }
        return new Tensor(type, shape, scaled.array());
    }

    /** The bytes without a copy, to read only. */
    public ByteBuffer buffer() {
        return bytes.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The values of a float32 tensor. */
    public float[] floats() {
        require(DataType.FLOAT32);
        float[] values = new float[bytes.limit() / 4];
        buffer().asFloatBuffer().get(values);
        return values;
    }

    /** The values of an int64 tensor. */
    public long[] longs() {
        require(DataType.INT64);
        long[] values = new long[bytes.limit() / 8];
        buffer().asLongBuffer().get(values);
        return values;
    }

    /** The values of a tensor of any type as doubles; true is 1. */
    public double[] doubles() {
        ByteBuffer buffer = buffer();
        double[] values = new double[Math.toIntExact(size())];
        for (int i = 0; i < values.length; i++) {
            values[i] = switch (type) {
                case FLOAT32 -> buffer.getFloat();
                case FLOAT64 -> buffer.getDouble();
                case INT32 -> buffer.getInt();
                case INT64 -> buffer.getLong();
                case FLOAT16 -> Float16Utils.halfToFloat(buffer.getShort());
                case UINT8 -> Byte.toUnsignedInt(buffer.get());
                default -> buffer.get();
            };
        }
        return values;
    }

    private void require(DataType expected) {
        if (type != expected) {
            throw new IllegalStateException("expected a " + expected + " tensor, found " + type);
        }
    }

    private static long elements(long[] shape) {
        return Arrays.stream(shape).reduce(1, (a, b) -> a * b);
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
                        && bytes.equals(tensor.bytes);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(shape) + bytes.hashCode();
    }

    @Override
    public String toString() {
        return type + Arrays.toString(shape);
    }
}
