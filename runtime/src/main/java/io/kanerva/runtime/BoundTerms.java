package io.kanerva.runtime;

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
}
