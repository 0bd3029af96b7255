package io.kanerva.runtime;

/** What the decoder's output says about an image. */
public enum Likelihood {
    /** Each value is the logit l of an independent pixel's being 1; [B, Q, Cx, Hx, Wx]. */
    BERNOULLI {
        @Override
        int channels(ModelSettings settings) {
            return settings.image().channels();
        }

        @Override
        void means(ModelSettings settings, float[] logits, float[] images) {
            for (int i = 0; i < logits.length; i++) {
                images[i] = (float) (1 / (1 + Math.exp(-(double) logits[i])));
            }
        }

        @Override
        FloatTensor sample(ModelSettings settings, FloatTensor logits, NormalSampler sampler) {
            FloatTensor images = means(settings, logits);
            for (int i = 0; i < images.size(); i++) {
                images.data()[i] = Normal.cdf(sampler.next()) < images.data()[i] ? 1 : 0;
            }
            return images;
        }

        @Override
        double[] negativeLogLikelihood(ModelSettings settings, FloatTensor images, FloatTensor logits) {
            double[] nats = new double[images.dimension(0) * images.dimension(1)];
            int pixels = images.size() / nats.length;
            for (int i = 0; i < images.size(); i++) {
                double logit = logits.data()[i];
                nats[i / pixels] += softplus(logit) - images.data()[i] * logit;
            }
            return nats;
        }
    },
    /**
     * 8-bit pixels: the numbers of a mixture of discretised logistic distributions for each, [B, Q, P, Hx, Wx]; how
     * they are laid out stands in the bundle's documentation of the tensor. Images are k / 255 with k = 0 ... 255.
     */
    DISCRETIZED_LOGISTIC_MIXTURE {
        @Override
        int channels(ModelSettings settings) {
            return mixture(settings).parameters();
        }

        @Override
        void means(ModelSettings settings, float[] logits, float[] images) {
            mixture(settings).means(logits, images, settings.image().height() * settings.image().width());
        }

        @Override
        FloatTensor sample(ModelSettings settings, FloatTensor logits, NormalSampler sampler) {
            return mixture(settings).sample(logits, sampler);
        }

        @Override
        double[] negativeLogLikelihood(ModelSettings settings, FloatTensor images, FloatTensor logits) {
            return mixture(settings).negativeLogLikelihood(images, logits);
        }
    };

    /** Channels of the decoder's output. */
    abstract int channels(ModelSettings settings);

    /**
     * The images that the decoder's output stands for: the pixels' means.
     *
     * @param settings of the model that the output is from
     * @param logits the decoder's output, [B, Q, P, Hx, Wx]
     * @return [B, Q, Cx, Hx, Wx], values in [0, 1]
     */
    public FloatTensor means(ModelSettings settings, FloatTensor logits) {
        Planes image = settings.image();
        FloatTensor images = FloatTensor.zeros(logits.dimension(0), logits.dimension(1), image.channels(), image.height(), image.width());
        means(settings, logits.data(), images.data());
        return images;
    }

    /** The same into an array of that length; {@link #BERNOULLI}'s may be the logits' own. */
    abstract void means(ModelSettings settings, float[] logits, float[] images);

    /** Images drawn from the distribution, [B, Q, Cx, Hx, Wx]. */
    abstract FloatTensor sample(ModelSettings settings, FloatTensor logits, NormalSampler sampler);

    /**
     * -ln p(x) of each image, in nats and double precision.
     *
     * @param images [B, T, Cx, Hx, Wx]
     * @param logits the decoder's output
     * @return [B * T]
     */
    abstract double[] negativeLogLikelihood(ModelSettings settings, FloatTensor images, FloatTensor logits);

    private static LogisticMixture mixture(ModelSettings settings) {
        return new LogisticMixture(settings.image().channels(), settings.neighbours());
    }

    /** ln(1 + exp(l)) without overflow and without losing small values. */
    static double softplus(double logit) {
        return Math.max(logit, 0) + Math.log1p(Math.exp(-Math.abs(logit)));
    }
}
