package io.kanerva.onnx;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** ONNX's element types, in the order of {@code TensorProto.DataType}, which counts from 1. */
public enum ElementType {
    FLOAT32(32),
    UINT8(8),
    INT8(8),
    UINT16(16),
    INT16(16),
    INT32(32),
    INT64(64),
    STRING(0),
    BOOL(8),
    FLOAT16(16),
    FLOAT64(64),
    UINT32(32),
    UINT64(64),
    COMPLEX64(64),
    COMPLEX128(128),
    BFLOAT16(16),
    FLOAT8E4M3FN(8),
    FLOAT8E4M3FNUZ(8),
    FLOAT8E5M2(8),
    FLOAT8E5M2FNUZ(8),
    UINT4(4),
    INT4(4),
    FLOAT4E2M1(4),
    FLOAT8E8M0(8),
    UINT2(2),
    INT2(2);

    private static final double TWO_TO_63 = 0x1p63;

    private final int bits;

    ElementType(int bits) {
        this.bits = bits;
    }

    /** The type of a {@code TensorProto.DataType}; empty if ONNX has none with that number. */
    public static Optional<ElementType> of(int number) {
        return Arrays.stream(values()).filter(type -> type.number() == number).findFirst();
    }

    /** The {@code TensorProto.DataType}. */
    public int number() {
        return ordinal() + 1;
    }

    /** The number of bytes of {@code elements} elements; elements of less than a byte are packed. Strings take none. */
    public long bytes(long elements) {
        return Math.addExact(Math.multiplyExact(elements, bits), 7) / 8;
    }

    /** Whether it is a floating-point type that Java can convert to double. */
    public boolean isFloat() {
        return this == FLOAT16 || this == BFLOAT16 || this == FLOAT32 || this == FLOAT64;
    }

    /** The distance from 1 to the next number of a floating-point type; 0 for other types. */
    public double precision() {
        return switch (this) {
            case FLOAT16 -> 0x1p-10;
            case BFLOAT16 -> 0x1p-7;
            case FLOAT32 -> 0x1p-23;
            case FLOAT64 -> 0x1p-52;
            default -> 0;
        };
    }

    /** Whether it is an integer type of at least 8 bits. */
    public boolean isInteger() {
        return switch (this) {
            case INT8, UINT8, INT16, UINT16, INT32, UINT32, INT64, UINT64 -> true;
            default -> false;
        };
    }

    /** Whether its elements can be read as doubles; true is 1. */
    public boolean isNumeric() {
        return isFloat() || isInteger() || this == BOOL;
    }

    /** The next element of a little-endian buffer; an int64 or uint64 beyond 2^53 is rounded. */
    double next(ByteBuffer bytes) {
        return switch (this) {
            case FLOAT32 -> bytes.getFloat();
            case FLOAT64 -> bytes.getDouble();
            case FLOAT16 -> HalfFloat.toFloat(bytes.getShort());
            case BFLOAT16 -> Float.intBitsToFloat(bytes.getShort() << 16);
            case INT8 -> bytes.get();
            case UINT8, BOOL -> Byte.toUnsignedInt(bytes.get());
            case INT16 -> bytes.getShort();
            case UINT16 -> Short.toUnsignedInt(bytes.getShort());
            case INT32 -> bytes.getInt();
            case UINT32 -> Integer.toUnsignedLong(bytes.getInt());
            case INT64 -> bytes.getLong();
            case UINT64 -> unsigned(bytes.getLong());
            default -> throw new IllegalStateException("expected numeric elements, found " + this);
        };
    }

    /** Appends an element to a little-endian buffer; as a boolean, any value but 0 is true. */
    void put(double value, ByteBuffer bytes) {
        switch (this) {
            case FLOAT32 -> bytes.putFloat((float) value);
            case FLOAT64 -> bytes.putDouble(value);
            case FLOAT16 -> bytes.putShort(HalfFloat.of((float) value));
            case BFLOAT16 -> bytes.putShort(HalfFloat.brain((float) value));
            case INT8, UINT8 -> bytes.put((byte) (int) value);
            case BOOL -> bytes.put((byte) (value == 0 ? 0 : 1));
            case INT16, UINT16 -> bytes.putShort((short) (int) value);
            case INT32 -> bytes.putInt((int) value);
            case UINT32 -> bytes.putInt((int) (long) value);
            case INT64 -> bytes.putLong((long) value);
            case UINT64 ->
                bytes.putLong(value < TWO_TO_63 ? (long) value : (long) (value - TWO_TO_63) + Long.MIN_VALUE);
            default ->
                throw new IllegalArgumentException("expected a type that doubles can be converted to, found " + this);
        }
    }

    private static double unsigned(long value) {
        return value >= 0 ? value : (value >>> 1) * 2.0;
    }

    /** ONNX's name in lower case, for example {@code float32}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
