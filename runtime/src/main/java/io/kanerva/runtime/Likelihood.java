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
        return this == BERNOULLI
                ? settings.image().channels()
                : LogisticMixture.parameters(settings.image().channels(), settings.neighbours());
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
        if (this == DISCRETIZED_LOGISTIC_MIXTURE) {
            mixture(settings).means(logits.data(), images.data(), 0);
            return images;
        }
        System.arraycopy(logits.data(), 0, images.data(), 0, images.size());
        double[] scratch = new double[settings.image().floats()];
        for (int i = 0; i < images.size(); i += scratch.length) {
            logistic(images.data(), i, scratch);
        }
        return images;
    }

    /**
     * Replaces logits l by 1 / (1 + exp(-l)), in double precision and rounded to the nearest float32.
     *
     * <p>exp(t) = exp(t / 4096)^4096, the root by its series. Only sums and products, in short loops over one array:
     * these the JIT compiler turns into vector instructions, but not {@link Math#exp}.
     *
     * @param values as many as {@code scratch} is long, from {@code from} on, are replaced
     */
    static void logistic(float[] values, int from, double[] scratch) {
        int large = 0;
        for (int i = 0; i < scratch.length; i++) {
            scratch[i] = values[from + i];
            large |= FARTHEST - (Float.floatToRawIntBits(values[from + i]) & Integer.MAX_VALUE);
        }
        // Below 0 for magnitudes beyond 700 and NaN. A limit inside the next loop would take longer than all the rest.
        for (int i = 0; large < 0 && i < scratch.length; i++) {
            scratch[i] = Math.max(-700, Math.min(700, scratch[i]));
        }
        for (int i = 0; i < scratch.length; i++) {
            double x = scratch[i] * (-1.0 / 4096);
            scratch[i] =
                    1 + x * (1 + x * (1.0 / 2 + x * (1.0 / 6 + x * (1.0 / 24 + x * (1.0 / 120 + x * (1.0 / 720))))));
        }
        for (int squared = 0; squared < 12; squared += 6) {
            for (int i = 0; i < scratch.length; i++) {
                double x = scratch[i];
                x *= x;
                x *= x;
                x *= x;
                x *= x;
                x *= x;
                scratch[i] = x * x;
            }
        }
        for (int i = 0; i < scratch.length; i++) {
            scratch[i] = 1 / (1 + scratch[i]);
        }
        for (int i = 0; i < scratch.length; i++) {
            values[from + i] = (float) scratch[i];
        }
    }

    /** The bits of 700f. */
    private static final int FARTHEST = 0x442F0000;

    /** Images drawn from the distribution, [B, Q, Cx, Hx, Wx]. */
    FloatTensor sample(ModelSettings settings, FloatTensor logits, NormalSampler sampler) {
        if (this == DISCRETIZED_LOGISTIC_MIXTURE) {
            FloatTensor images = images(settings, logits);
            mixture(settings).sample(logits.data(), images.data(), sampler);
            return images;
        }
        FloatTensor images = means(settings, logits);
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
        return FloatTensor.zeros(
                logits.dimension(0), logits.dimension(1), image.channels(), image.height(), image.width());
    }

    /** What works out images of {@link #DISCRETIZED_LOGISTIC_MIXTURE}, for one thread. */
    static LogisticMixture mixture(ModelSettings settings) {
        return new LogisticMixture(settings.image(), settings.neighbours());
    }

    /** ln(1 + exp(l)) without overflow and without losing small values. */
    static double softplus(double logit) {
        return Math.max(logit, 0) + Math.log1p(Math.exp(-Math.abs(logit)));
    }
}
