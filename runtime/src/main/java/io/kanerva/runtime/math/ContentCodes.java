package io.kanerva.runtime.math;

import java.nio.ByteBuffer;

/**
 * Samples' features in a byte each, by which {@link ContentSearch} rules most samples out before it compares features:
 * a feature is about a step, of its sample's own, times a whole number in [-127, 127]. How far all of them are off is
 * known exactly, so that nothing is ruled out by rounding. Guarded as its {@link ContentSearch} is.
 */
public final class ContentCodes {

    /** The most values of an image: sums of so many products fit into 32 bits. */
    static final int MOST_VALUES = 1 << 17;

    /** Added to a sample's codes, which are unsigned bytes. */
    public static final int ZERO = 128;

    private static final int LARGEST = 127;

    private final int length;

    /** [T, length]. */
    private final byte[] codes;

    private final double[] steps;

    /** The lengths of what the codes leave of the features. */
    private final double[] rests;

    /** The features of the means, which have no code. */
    private final double[] levels;

    /** @param length values of an image, at most {@link #MOST_VALUES} */
    ContentCodes(int samples, int length) {
        this.length = length;
        codes = new byte[samples * length];
        steps = new double[samples];
        rests = new double[samples];
        levels = new double[samples];
    }

    /** Takes a sample's features, which are {@link ContentSearch#AT_ONCE} apart. */
    void set(int sample, double[] features, int from) {
        double most = 0;
        for (int i = 0; i < length; i++) {
            most = Math.max(most, Math.abs(features[from + i * ContentSearch.AT_ONCE]));
        }
        double step = most / LARGEST;
        double scale = step == 0 ? 0 : 1 / step;
        double squares = 0;
        for (int i = 0; i < length; i++) {
            double feature = features[from + i * ContentSearch.AT_ONCE];
            int code = (int) (feature * scale + ZERO + 0.5);
            double rest = feature - (code - ZERO) * step;
            squares += rest * rest;
            codes[sample * length + i] = (byte) code;
        }
        steps[sample] = step;
        rests[sample] = Math.sqrt(squares);
        levels[sample] = features[from + length * ContentSearch.AT_ONCE];
    }

    /** Takes samples, from {@code to} on, of others with images of the same size. */
    void copy(ContentCodes from, int sample, int to, int count) {
        System.arraycopy(from.codes, sample * length, codes, to * length, count * length);
        System.arraycopy(from.steps, sample, steps, to, count);
        System.arraycopy(from.rests, sample, rests, to, count);
        System.arraycopy(from.levels, sample, levels, to, count);
    }

    /** Copies samples' codes, [count, length], to the beginning of {@code to}. */
    public void copyTo(ByteBuffer to, int sample, int count) {
        to.put(0, codes, sample * length, count * length);
    }

    public double step(int sample) {
        return steps[sample];
    }

    public double rest(int sample) {
        return rests[sample];
    }

    public double level(int sample) {
        return levels[sample];
    }
}
