package io.kanerva.trainer.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A NumPy element type whose values can be pixels: integers of 1, 2, 4 or 8 bytes, booleans, float16, float32 and
 * float64.
 *
 * @param kind {@code u}, {@code i}, {@code b} or {@code f}, as in NumPy's type
 * @param width bytes of a value
 * @param order of the bytes
 */
record NpyValues(char kind, int width, ByteOrder order) {
    private static final Pattern TYPE = Pattern.compile("([<>|]?)([uibf])([1248])");

    /** The type of that NumPy name, for example {@code |u1}; empty if its values cannot be pixels. */
    static Optional<NpyValues> of(String type) {
        Matcher matcher = TYPE.matcher(type.equals("?") ? "b1" : type);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        char kind = matcher.group(2).charAt(0);
        int width = Integer.parseInt(matcher.group(3));
        boolean known = kind == 'f' ? width >= 2 : kind != 'b' || width == 1;
        boolean ordered =
                width == 1 || matcher.group(1).equals("<") || matcher.group(1).equals(">");
        return known && ordered
                ? Optional.of(new NpyValues(
                        kind, width, matcher.group(1).equals(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN))
                : Optional.empty();
    }

    /** Views bytes in this type's order. */
    ByteBuffer view(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(order);
    }

    /** Value {@code index} of a {@link #view}. */
    double at(ByteBuffer values, int index) {
        return switch (kind) {
            case 'f' ->
                switch (width) {
                    case 2 -> half(values.getShort(2 * index));
                    case 4 -> values.getFloat(4 * index);
                    default -> values.getDouble(8 * index);
                };
            case 'b' -> values.get(index) == 0 ? 0 : 1;
            case 'u' -> unsigned(integer(values, index));
            default -> integer(values, index);
        };
    }

    /** IEEE 754's binary16, which Java knows from version 20 on only. */
    static double half(short bits) {
        int exponent = bits >> 10 & 0x1f;
        int fraction = bits & 0x3ff;
        double size = exponent == 0x1f
                ? fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN
                : exponent == 0 ? Math.scalb((double) fraction, -24) : Math.scalb(1024.0 + fraction, exponent - 25);
        return bits < 0 ? -size : size;
    }

    /**
     * Integer {@code index} of a {@link #view}, with its sign; unsigned ones of 8 bytes must be below 2^63.
     *
     * @throws ArithmeticException if one is not
     */
    long exact(ByteBuffer values, int index) {
        long value = integer(values, index);
        if (kind != 'u') {
            return value;
        }
        if (width == 8 && value < 0) {
            throw new ArithmeticException(Long.toUnsignedString(value));
        }
        return width == 8 ? value : value & (1L << 8 * width) - 1;
    }

    private double unsigned(long value) {
        if (width < 8) {
            return value & (1L << 8 * width) - 1;
        }
        return value >= 0 ? value : value + 0x1p64;
    }

    private long integer(ByteBuffer values, int index) {
        return switch (width) {
            case 1 -> values.get(index);
            case 2 -> values.getShort(2 * index);
            case 4 -> values.getInt(4 * index);
            default -> values.getLong(8 * index);
        };
    }
}
