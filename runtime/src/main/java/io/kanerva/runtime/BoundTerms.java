package io.kanerva.runtime;

import java.util.Arrays;
import java.util.Locale;

/**
 * The three terms of the variational bound, one value per sample, in nats; entry b * T + t belongs to sample t of
 * episode b. Their sum is the negative bound: lower is better. Each latent is drawn once, from the posterior whose KL
 * divergence is counted.
 *
 * @param reconstruction -ln p(x | z, traces)
 * @param klKeys KL(q(Y|X) || p(Y))
 * @param klLatent KL(q(Z|X) || p(Z|M,Y))
 */
public record BoundTerms(double[] reconstruction, double[] klKeys, double[] klLatent) {

    /** @throws TensorException if the terms are of different numbers of samples */
    public BoundTerms {
        if (klKeys.length != reconstruction.length || klLatent.length != reconstruction.length) {
            throw new TensorException(
                    "BoundTerms: expected three terms of each sample, found %d, %d and %d",
                    reconstruction.length, klKeys.length, klLatent.length);
        }
    }

    /** The number of samples, B * T. */
    public int samples() {
        return reconstruction.length;
    }

    /**
     * The negative bound of one sample: the sum of its three terms.
     *
     * @param sample b * T + t
     * @throws ArrayIndexOutOfBoundsException if there is no such sample
     */
    public double negativeBound(int sample) {
        return reconstruction[sample] + klKeys[sample] + klLatent[sample];
    }

    /** The negative bound averaged over all samples. */
    public double meanNegativeBound() {
        double sum = 0;
        for (int i = 0; i < samples(); i++) {
            sum += negativeBound(i);
        }
        return sum / samples();
    }

    /** Equal terms of each sample. */
    @Override
    public boolean equals(Object other) {
        return other instanceof BoundTerms that
                && Arrays.equals(reconstruction, that.reconstruction)
                && Arrays.equals(klKeys, that.klKeys)
                && Arrays.equals(klLatent, that.klLatent);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * Arrays.hashCode(reconstruction) + Arrays.hashCode(klKeys)) + Arrays.hashCode(klLatent);
    }

    /** The number of samples and the mean, such as {@code BoundTerms[32 samples, mean negative bound 6.54 nats]}. */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT, "BoundTerms[%d samples, mean negative bound %.2f nats]", samples(), meanNegativeBound());
    }
}
