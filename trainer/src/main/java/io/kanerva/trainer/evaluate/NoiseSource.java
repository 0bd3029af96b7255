package io.kanerva.trainer.evaluate;

import java.util.SplittableRandom;

/** Standard normal noise for an evaluation, so that every implementation can be given the same values. */
@FunctionalInterface
public interface NoiseSource {

    /** Returns the first {@code count} values of a stream; the same stream gives the same values. */
    float[] normals(long stream, int count);

    /** The stream of a draw's key noise ({@code kind} 0) or latent noise ({@code kind} 1) in an episode. */
    static long stream(int episode, int draw, int kind) {
        return ((long) episode << 32) | ((long) draw << 1) | kind;
    }

    /** Returns noise from Java's own generator. */
    static NoiseSource seeded(long seed) {
        return (stream, count) -> {
            SplittableRandom random = new SplittableRandom(NoiseSource.seed(seed, stream));
            float[] normals = new float[count];
            for (int i = 0; i < count; i++) {
                normals[i] = (float) random.nextGaussian();
            }
            return normals;
        };
    }

    /**
     * A seed for stream {@code stream} of {@code seed}: both go through SplitMix64's finaliser, so neighbours differ in
     * all bits.
     */
    static long seed(long seed, long stream) {
        return mix(mix(seed + 0x9E3779B97F4A7C15L) + stream * 0x9E3779B97F4A7C15L);
    }

    private static long mix(long z) {
        long x = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        x = (x ^ (x >>> 27)) * 0x94D049BB133111EBL;
        return x ^ (x >>> 31);
    }
}
