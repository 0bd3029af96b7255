package io.kanerva.runtime;

/** The latent z: diagonal Gaussians, in double precision. */
final class LatentPosterior {

    private LatentPosterior() {}

    /** mean + exp(logVariance / 2) * noise, number by number; all of one shape. */
    static FloatTensor sample(FloatTensor mean, FloatTensor logVariance, FloatTensor noise) {
        FloatTensor latent = FloatTensor.zeros(mean.shape());
        for (int i = 0; i < latent.size(); i++) {
            latent.data()[i] = (float) KeyPosterior.gaussian(mean.data()[i], logVariance.data()[i], noise.data()[i]);
        }
        return latent;
    }

    /** KL(q(Z|X) || p(Z|M,Y)) of each sample, [B * T], in nats. */
    static double[] divergence(Encoding posterior, Reading prior) {
        int numbers = posterior.latentMean().dimension(2);
        double[] divergence = new double[posterior.latentMean().size() / numbers];
        for (int i = 0; i < posterior.latentMean().size(); i++) {
            double difference = (double) posterior.latentMean().data()[i] - prior.priorMean().data()[i];
            double v = posterior.latentLogVariance().data()[i];
            double priorV = prior.priorLogVariance().data()[i];
            divergence[i / numbers] +=
                    0.5 * (Math.exp(v - priorV) + difference * difference * Math.exp(-priorV) - 1 + priorV - v);
        }
        return divergence;
    }
}
