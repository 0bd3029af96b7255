package io.kanerva.conformance;

import io.kanerva.exporter.trace.Tensor;

/** Largest absolute differences that are accepted between two paths, float32. */
public final class Budget {
    /** Memories, pointers, keys, traces, latents, and whatever else has no budget of its own. */
    public static final double TENSOR = 1e-5;
    /** The decoder's logits, which are larger numbers at the end of a longer way. */
    public static final double LOGITS = 1e-4;
    /** The bound, mean over a test set, in nats an image, if it is at most {@value #LARGE_BOUND} nats. */
    public static final double BOUND_NATS = 1e-3;

    /** From here on the budget grows with the bound: float32 adds it up from thousands of pixels. */
    private static final double LARGE_BOUND = 1000;

    private Budget() {}

    /** The budget of a bound of so many nats. */
    public static double ofBound(double nats) {
        return BOUND_NATS * Math.max(1, Math.abs(nats) / LARGE_BOUND);
    }

    /** The budget of a graph's output. */
    public static double of(String output) {
        return output.equals("logits") ? LOGITS : TENSOR;
    }

    /**
     * The budget of an output of a bundle with packed weights, against the float32 model.
     *
     * <ul>
     *   <li>{@code float16}: 2.5e-3 + 1e-3 |x|, both parts for the tensor as a whole: 2.5e-3 of its root mean square, at least of 1, and
     *       1e-3 of its largest magnitude. Element by element, logits near 0 carry the rounding of the large ones beside them.
     *   <li>{@code int8}: a quarter of its root mean square. Noise 26 dB below the signal stays below that in all but one of a million
     *       elements; what it costs is told by the bound.
     * </ul>
     *
     * @param weights how the bundle stores them
     * @param expected what the float32 model answers
     */
    static double of(String output, String weights, Tensor expected) {
        if (weights.equals("float32")) {
            return of(output);
        }
        double squares = 0;
        double largest = 0;
        float[] values = expected.floats();
        for (float value : values) {
            squares += (double) value * value;
            largest = Math.max(largest, Math.abs(value));
        }
        double rootMeanSquare = Math.sqrt(squares / Math.max(1, values.length));
        return weights.equals("float16") ? 2.5e-3 * Math.max(1, rootMeanSquare) + 1e-3 * largest : Math.max(of(output), 0.25 * rootMeanSquare);
    }
}
