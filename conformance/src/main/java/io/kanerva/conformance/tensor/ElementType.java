package io.kanerva.conformance.tensor;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/** ONNX's element types that hold numbers, by the numbers of TensorProto.DataType. */
public enum ElementType {
    FLOAT32(1, 4),
    UINT8(2, 1),
    INT8(3, 1),
    UINT16(4, 2),
    INT16(5, 2),
    INT32(6, 4),
    INT64(7, 8),
    BOOL(9, 1),
    FLOAT16(10, 2),
    FLOAT64(11, 8),
    UINT32(12, 4),
    UINT64(13, 8),
    BFLOAT16(16, 2);

    /** TensorProto.DataType.STRING. */
    public static final int STRING = 8;

    private final int number;
    private final int width;

    ElementType(int number, int width) {
        this.number = number;
        this.width = width;
    }

    /**
     * The type of a TensorProto.DataType; empty for strings and for what no Java type holds, such as 4-bit and 8-bit
     * floats.
     */
    public static Optional<ElementType> of(int number) {
        return Arrays.stream(values()).filter(type -> type.number == number).findFirst();
    }

    /** TensorProto.DataType. */
    public int number() {
        return number;
    }

    /** Bytes that one element takes. */
    public int width() {
        return width;
    }

    /** Whether it is a floating-point type. */
    public boolean isFloat() {
        return this == FLOAT16 || this == BFLOAT16 || this == FLOAT32 || this == FLOAT64;
    }

    /** The next element of a little-endian buffer; an int64 or uint64 beyond 2^53 is rounded. */
    double next(ByteBuffer bytes) {
        return switch (this) {
            case FLOAT32 -> bytes.getFloat();
            case FLOAT64 -> bytes.getDouble();
            case FLOAT16 -> half(bytes.getShort());
            case BFLOAT16 -> Float.intBitsToFloat(bytes.getShort() << 16);
            case INT8 -> bytes.get();
            case UINT8, BOOL -> Byte.toUnsignedInt(bytes.get());
            case INT16 -> bytes.getShort();
            case UINT16 -> Short.toUnsignedInt(bytes.getShort());
            case INT32 -> bytes.getInt();
            case UINT32 -> Integer.toUnsignedLong(bytes.getInt());
            case INT64 -> bytes.getLong();
            case UINT64 -> unsigned(bytes.getLong());
        };
    }

    private static double unsigned(long value) {
        return value >= 0 ? value : (value >>> 1) * 2.0;
    }

    /** IEEE 754 binary16. */
    private static double half(short bits) {
        int exponent = bits >> 10 & 31;
        int fraction = bits & 1023;
        double magnitude = exponent == 31
                ? fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN
                : exponent == 0 ? fraction * 0x1p-24 : (1024 + fraction) * Math.pow(2, exponent - 25);
        return bits < 0 ? -magnitude : magnitude;
    }
}
