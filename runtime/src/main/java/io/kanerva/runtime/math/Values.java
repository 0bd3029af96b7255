package io.kanerva.runtime.math;

/** Checks of many values at once. */
public final class Values {

    /** The bits of 1f. */
    private static final int ONE = 0x3F800000;

    /** The bits of {@link Float#MAX_VALUE}. */
    private static final int MAX_FINITE = 0x7F7FFFFF;

    private Values() {}

    /** The index of the first value that is NaN or infinite; -1 if none. */
    public static int firstNotFinite(float[] values) {
        return outside(values, values.length, Integer.MAX_VALUE, MAX_FINITE);
    }

    /** The same for the first {@code length} values. */
    public static int firstNotFinite(float[] values, int length) {
        return outside(values, length, Integer.MAX_VALUE, MAX_FINITE);
    }

    /** The index of the first value outside [0, 1]; -1 if none. */
    public static int firstOutsideImages(float[] values) {
        return outside(values, values.length, -1, ONE);
    }

    /**
     * The index of the first value whose bits under {@code mask} are not from 0 to {@code max}; -1 if none. Bits of
     * positive numbers are in the numbers' order, and comparing them is faster than comparing floats.
     */
    private static int outside(float[] values, int length, int mask, int max) {
        int suspect = 0;
        for (int i = 0; i < length; i++) {
            int bits = Float.floatToRawIntBits(values[i]) & mask;
            suspect |= bits | max - bits;
        }
        for (int i = 0; suspect < 0 && i < length; i++) {
            int bits = Float.floatToRawIntBits(values[i] + 0f) & mask; // the sum turns -0 into 0
            if ((bits | max - bits) < 0) {
                return i;
            }
        }
        return -1;
    }
}
