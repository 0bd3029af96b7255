package io.kanerva.onnx;

/** IEEE 754 half precision (binary16), and bfloat16, as bits in a short. */
final class HalfFloat {
    /** The largest finite value. */
    static final float MAX_VALUE = 65504;

    private static final int SIGNIFICAND_BITS_LOST = 13;
    private static final int MIN_EXPONENT = -14;
    private static final int INFINITY = 0x7C00;
    private static final int QUIET_NAN = 0x7E00;
    private static final int QUIET_BRAIN_NAN = 0x7FC0;

    private HalfFloat() {}

    /** The nearest half-precision value, ties to even. */
    static short of(float value) {
        int bits = Float.floatToRawIntBits(value);
        int sign = bits >>> 16 & 0x8000;
        int magnitude = bits & 0x7FFFFFFF;
        int exponent = (magnitude >>> 23) - 127;
        if (exponent >= MIN_EXPONENT) {
            // The exponent's bias changes from 127 to 15; a carry out of the significand increments the exponent, as
            // required.
            int rounded = Math.min(INFINITY, round(magnitude - (127 - 15 << 23), SIGNIFICAND_BITS_LOST));
            return (short) (sign | (Float.isNaN(value) ? QUIET_NAN : rounded));
        }
        int shift = SIGNIFICAND_BITS_LOST + MIN_EXPONENT - exponent;
        if (shift > 24) {
            return (short) sign;
        }
        // Subnormal: the leading one becomes explicit.
        return (short) (sign | round(magnitude & 0x7FFFFF | 0x800000, shift));
    }

    /** The nearest bfloat16 value (the upper half of a float32), ties to even. */
    static short brain(float value) {
        int bits = Float.floatToRawIntBits(value);
        int sign = bits >>> 16 & 0x8000;
        return (short) (sign | (Float.isNaN(value) ? QUIET_BRAIN_NAN : round(bits & 0x7FFFFFFF, 16)));
    }

    /** Drops the lowest bits, rounding to nearest, ties to even. */
    private static int round(int bits, int dropped) {
        int kept = bits >>> dropped;
        int rest = bits & (1 << dropped) - 1;
        int half = 1 << dropped - 1;
        return rest > half || rest == half && (kept & 1) == 1 ? kept + 1 : kept;
    }

    /** The float32 of the same value. */
    static float toFloat(short half) {
        int exponent = half >>> 10 & 0x1F;
        int significand = half & 0x3FF;
        float magnitude = exponent == 0
                ? Math.scalb((float) significand, MIN_EXPONENT - 10)
                : exponent == 0x1F
                        ? significand == 0 ? Float.POSITIVE_INFINITY : Float.NaN
                        : Math.scalb((float) (significand | 0x400), exponent - 25);
        return half < 0 ? -magnitude : magnitude;
    }
}
