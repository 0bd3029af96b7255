package io.kanerva.conformance.check;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A floating-point type of a sign, an exponent and a mantissa in 8 bits, as ONNX's types are.
 *
 * @param mantissaBits number of the mantissa's bits
 * @param bias of the exponent
 * @param infinite whether the largest exponent is that of infinities
 */
record Float8(int mantissaBits, int bias, boolean infinite) {

    /** Null if the type is none of them. */
    static Float8 of(ElementType type) {
        return switch (type) {
            case FLOAT8E4M3FN -> new Float8(3, 7, false);
            case FLOAT8E4M3FNUZ -> new Float8(3, 8, false);
            case FLOAT8E5M2 -> new Float8(2, 15, true);
            case FLOAT8E5M2FNUZ -> new Float8(2, 16, false);
            default -> null;
        };
    }

    /** The distance from 1 to the next number. */
    double precision() {
        return Math.scalb(1.0, -mantissaBits);
    }

    /** The smallest number above 0. */
    double smallest() {
        return Math.scalb(precision(), 1 - bias);
    }

    /** A tensor's elements in order. */
    double[] values(Tensor tensor) {
        ByteBuffer bytes = tensor.buffer();
        List<Object> elements = tensor.elements();
        double[] values = new double[elements.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = elements.get(i).equals("NaN") ? Double.NaN : value(Byte.toUnsignedInt(bytes.get(i)));
        }
        return values;
    }

    /** Of all bits but those of NaN. */
    private double value(int bits) {
        int magnitude = bits & 0x7f;
        int exponent = magnitude >> mantissaBits;
        int mantissa = magnitude & (1 << mantissaBits) - 1;
        double size = infinite && exponent == 0x7f >> mantissaBits
                ? Double.POSITIVE_INFINITY
                : exponent == 0 ? mantissa * smallest() : Math.scalb(1 + mantissa * precision(), exponent - bias);
        return bits > 0x7f ? -size : size;
    }
}
