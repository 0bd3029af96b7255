package io.kanerva.conformance;

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
}
