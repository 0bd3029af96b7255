package io.kanerva.trainer.evaluate;

import io.kanerva.trainer.train.StreamSeed;
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
            SplittableRandom random = new SplittableRandom(StreamSeed.of(seed, stream));
            float[] normals = new float[count];
            for (int i = 0; i < count; i++) {
                normals[i] = (float) random.nextGaussian();
            }
            return normals;
        };
    }
}
