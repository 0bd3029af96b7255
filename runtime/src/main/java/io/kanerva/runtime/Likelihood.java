package io.kanerva.runtime;

/** What the decoder's output says about an image. */
public enum Likelihood {
    /** Each value is the logit l of an independent pixel's being 1. */
    BERNOULLI;

    /**
     * The pixel probabilities 1 / (1 + exp(-l)).
     *
     * @param logits the decoder's output, any shape
     * @return probabilities in [0, 1], the same shape
     */
    public FloatTensor probabilities(FloatTensor logits) {
        FloatTensor probabilities = FloatTensor.zeros(logits.shape());
        probabilities(logits.data(), probabilities.data());
        return probabilities;
    }

    /** The same into an array of that length, which may be the logits' own. */
    void probabilities(float[] logits, float[] probabilities) {
        for (int i = 0; i < logits.length; i++) {
            probabilities[i] = (float) (1 / (1 + Math.exp(-(double) logits[i])));
        }
    }

    /**
     * -ln p(x) of each image, in nats: the sum of softplus(l) - x * l, in double precision.
     *
     * @param images [B, T, Cx, Hx, Wx]
     * @param logits the decoder's output, the same shape
     * @return [B * T]
     */
    double[] negativeLogLikelihood(FloatTensor images, FloatTensor logits) {
        double[] nats = new double[images.dimension(0) * images.dimension(1)];
        int pixels = images.size() / nats.length;
        for (int i = 0; i < images.size(); i++) {
            double logit = logits.data()[i];
            nats[i / pixels] += softplus(logit) - images.data()[i] * logit;
        }
        return nats;
    }

    /** ln(1 + exp(l)) without overflow and without losing small values. */
    static double softplus(double logit) {
        return Math.max(logit, 0) + Math.log1p(Math.exp(-Math.abs(logit)));
    }
}
