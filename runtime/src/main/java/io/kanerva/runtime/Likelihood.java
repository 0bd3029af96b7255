package io.kanerva.runtime;

/** What the decoder's output says about an image. */
public enum Likelihood {
    /** Each value is the logit l of an independent pixel's being 1; [B, Q, Cx, Hx, Wx]. */
    BERNOULLI,
    /**
     * 8-bit pixels: the numbers of a mixture of discretised logistic distributions for each, [B, Q, P, Hx, Wx]; how
     * they are laid out stands in the bundle's documentation of the tensor. Images are k / 255 with k = 0 ... 255.
     */
    DISCRETIZED_LOGISTIC_MIXTURE;

    // Conditions rather than a body for each constant: those cost classes of their own in a jar that is to be small.

    /** Channels of the decoder's output. */
    int channels(ModelSettings settings) {
        return this == BERNOULLI ? settings.image().channels() : LogisticMixture.parameters(settings.image().channels(), settings.neighbours());
    }

    /**
     * The images that the decoder's output stands for: the pixels' means.
     *
     * @param settings of the model that the output is from
     * @param logits the decoder's output, [B, Q, P, Hx, Wx]
     * @return [B, Q, Cx, Hx, Wx], values in [0, 1]
     */
    public FloatTensor means(ModelSettings settings, FloatTensor logits) {
        FloatTensor images = images(settings, logits);
        means(settings, logits.data(), images.data());
        return images;
    }

    /** The same into an array of that length; {@link #BERNOULLI}'s may be the logits' own. */
    void means(ModelSettings settings, float[] logits, float[] images) {
        if (this == DISCRETIZED_LOGISTIC_MIXTURE) {
            mixture(settings).means(logits, images);
            return;
        }
        int large = 0;
        for (int i = 0; i < logits.length; i++) {
            large |= FARTHEST - (Float.floatToRawIntBits(logits[i]) & Integer.MAX_VALUE);
        }
        // Below 0 for magnitudes beyond 700 and NaN. Looked for apart: a limit inside the loop takes longer than all the rest of it.
        for (int i = 0; large < 0 && i < logits.length; i++) {
            images[i] = Math.max(-700, Math.min(700, logits[i]));
        }
        float[] limited = large < 0 ? images : logits;
        for (int i = 0; i < logits.length; i++) {
            images[i] = logistic(limited[i]);
        }
    }

    /** The bits of 700f. */
    private static final int FARTHEST = 0x442F0000;

    /** 2^(i / 32), i from 0 to 31. */
    private static final double[] POWERS = new double[32];

    static {
        for (int i = 0; i < POWERS.length; i++) {
            POWERS[i] = StrictMath.pow(2, i / 32.0);
        }
    }

    /**
     * 1 / (1 + exp(-l)) for |l| up to 700, to the nearest float32 but for one in some ten thousand that is rounded the other way.
     *
     * <p>exp(t) = 2^(k / 32) exp(r) with |r| below ln 2 / 64, where four terms leave an error of 1e-12. It is written out since
     * {@link Math#exp} takes three times as long once the JIT compiler has used wide vectors nearby.
     */
    static float logistic(float logit) {
        double t = -logit;
        // Adding 1.5 * 2^52 rounds to a whole number, which then lies in the lowest bits.
        double shifted = t * (32 / 0.6931471805599453) + 0x1.8p52;
        int k = (int) Double.doubleToRawLongBits(shifted);
        double r = t - (shifted - 0x1.8p52) * (0.6931471805599453 / 32);
        double power = POWERS[k & 31] * Double.longBitsToDouble((long) ((k >> 5) + 1023) << 52);
        return (float) (1 / (1 + power * (1 + r * (1 + r * (1.0 / 2 + r * (1.0 / 6 + r * (1.0 / 24)))))));
    }

    /** Images drawn from the distribution, [B, Q, Cx, Hx, Wx]. */
    FloatTensor sample(ModelSettings settings, FloatTensor logits, NormalSampler sampler) {
        FloatTensor images = images(settings, logits);
        if (this == DISCRETIZED_LOGISTIC_MIXTURE) {
            mixture(settings).sample(logits.data(), images.data(), sampler);
            return images;
        }
        means(settings, logits.data(), images.data());
        for (int i = 0; i < images.size(); i++) {
            images.data()[i] = Normal.cdf(sampler.next()) < images.data()[i] ? 1 : 0;
        }
        return images;
    }

    /**
     * -ln p(x) of each image, in nats and double precision.
     *
     * @param settings of the model that the output is from
     * @param images [B, T, Cx, Hx, Wx]
     * @param logits the decoder's output, [B, T, P, Hx, Wx]
     * @return [B * T]
     */
    public double[] negativeLogLikelihood(ModelSettings settings, FloatTensor images, FloatTensor logits) {
        double[] nats = new double[images.dimension(0) * images.dimension(1)];
        if (this == DISCRETIZED_LOGISTIC_MIXTURE) {
            mixture(settings).negativeLogLikelihood(images.data(), logits.data(), nats);
            return nats;
        }
        int pixels = images.size() / nats.length;
        for (int i = 0; i < images.size(); i++) {
            double logit = logits.data()[i];
            nats[i / pixels] += softplus(logit) - images.data()[i] * logit;
        }
        return nats;
    }

    private static FloatTensor images(ModelSettings settings, FloatTensor logits) {
        Planes image = settings.image();
        return FloatTensor.zeros(logits.dimension(0), logits.dimension(1), image.channels(), image.height(), image.width());
    }

    private static LogisticMixture mixture(ModelSettings settings) {
        return new LogisticMixture(settings.image(), settings.neighbours());
    }

    /** ln(1 + exp(l)) without overflow and without losing small values. */
    static double softplus(double logit) {
        return Math.max(logit, 0) + Math.log1p(Math.exp(-Math.abs(logit)));
    }
}
