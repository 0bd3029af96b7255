package io.kanerva.conformance.bundle;

import io.kanerva.runtime.NormalSampler;
import io.kanerva.trainer.evaluate.NoiseSource;

/**
 * The runtime's sampler as the trainer's source of noise, so that both paths get the same noise. Stream s of seed n is
 * the beginning of {@code NormalSampler(NoiseSource.seed(n, s))}.
 *
 * @param seed any
 */
public record PhiloxNoise(long seed) implements NoiseSource {

    @Override
    public float[] normals(long stream, int count) {
        return new NormalSampler(NoiseSource.seed(seed, stream)).tensor(count).data();
    }
}
