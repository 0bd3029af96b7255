package io.kanerva.trainer.train;

/** Seeds of many independent random streams from one seed and a number. */
public final class StreamSeed {

    private StreamSeed() {}

    /**
     * A seed for stream {@code stream} of {@code seed}: both go through SplitMix64's finaliser, so neighbours differ in
     * all bits.
     */
    public static long of(long seed, long stream) {
        return mix(mix(seed + 0x9E3779B97F4A7C15L) + stream * 0x9E3779B97F4A7C15L);
    }

    private static long mix(long z) {
        long x = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        x = (x ^ (x >>> 27)) * 0x94D049BB133111EBL;
        return x ^ (x >>> 31);
    }
}
