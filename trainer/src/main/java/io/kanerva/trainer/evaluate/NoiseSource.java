package io.kanerva.trainer.evaluate;

import io.kanerva.trainer.train.StreamSeed;
import java.util.SplittableRandom;

/** Standard normal numbers for the draws of an evaluation, so that the same ones can go down every path. */
@FunctionalInterface
public interface NoiseSource {

    /**
     * Numbers of one stream; the same stream gives the same numbers.
     *
     * @param stream which one
     * @param count how many numbers
     */
    float[] normals(long stream, int count);

    /** The stream of one draw's key noise ({@code kind} 0) or latent noise ({@code kind} 1) in one episode. */
    static long stream(int episode, int draw, int kind) {
        return ((long) episode << 32) | ((long) draw << 1) | kind;
    }

    /** Noise from Java's own generator. */
    static NoiseSource seeded(long seed) {
        return (stream, count) -> {
            SplittableRandom random = new SplittableRandom(StreamSeed.of(seed, stream));
            float[] normals = new float[count];
            for (int i = 0; i < count; i++) {
                normals[i] = (float) random.nextGaussian();
            }
            return normals;
        };
    }
}
