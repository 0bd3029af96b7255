package io.kanerva.runtime;

import io.kanerva.runtime.bundle.Signature;
import io.kanerva.runtime.math.LogisticMixture;
import io.kanerva.runtime.math.Normal;
import java.util.Arrays;

/** The decoder's image distribution. */
public enum Likelihood {
    /** Each value is the logit l of an independent pixel's being 1; [B, Q, Cx, Hx, Wx]. */
    BERNOULLI,
    /**
     * 8-bit pixels: the parameters of a mixture of discretised logistic distributions for each, [B, Q, P, Hx, Wx], laid
     * out as the bundle's description of the tensor says. Images are k / 255 with k = 0 ... 255.
     */
    DISCRETIZED_LOGISTIC_MIXTURE;

    /** P, the channels of the decoder's output. */
    public int channels(ModelSettings settings) {
        int channels = settings.image().channels();
        return switch (this) {
            case BERNOULLI -> channels;
            case DISCRETIZED_LOGISTIC_MIXTURE -> LogisticMixture.parameters(channels, settings.neighbours());
        };
    }

    /**
     * The mean images of the decoder's distributions.
     *
     * @param settings of the model that the output is from
     * @param logits the decoder's output, [B, Q, P, Hx, Wx]
     * @return [B, Q, Cx, Hx, Wx], values in [0, 1]
     * @throws TensorException if {@code logits} have another shape or are not finite
     */
    public FloatTensor means(ModelSettings settings, FloatTensor logits) {
        check("means", settings, logits);
        FloatTensor images = images(settings, logits);
        switch (this) {
            case BERNOULLI -> {
                for (int i = 0; i < images.size(); i++) {
                    images.data()[i] = (float) (1 / (1 + Math.exp(-logits.data()[i])));
                }
            }
            case DISCRETIZED_LOGISTIC_MIXTURE -> mixture(settings).means(logits.data(), images.data());
        }
        return images;
    }

    /** Images drawn from the distributions, as {@link Kanerva#sample} describes. */
    FloatTensor sample(ModelSettings settings, FloatTensor logits, NormalSampler sampler) {
        return switch (this) {
            case BERNOULLI -> {
                FloatTensor images = means(settings, logits);
                for (int i = 0; i < images.size(); i++) {
                    images.data()[i] = Normal.cdf(sampler.next()) < images.data()[i] ? 1 : 0;
                }
                yield images;
            }
            case DISCRETIZED_LOGISTIC_MIXTURE -> {
                FloatTensor images = images(settings, logits);
                mixture(settings).sample(logits.data(), images.data(), sampler);
                yield images;
            }
        };
    }

    /**
     * -ln p(x) of each image, in nats, computed in float64.
     *
     * @param settings of the model that the output is from
     * @param images [B, T, Cx, Hx, Wx]
     * @param logits the decoder's output, [B, T, P, Hx, Wx]
     * @return [B * T]
     * @throws TensorException if a tensor has another shape or is not finite
     */
    public double[] negativeLogLikelihood(ModelSettings settings, FloatTensor images, FloatTensor logits) {
        check("negativeLogLikelihood", settings, logits);
        Planes image = settings.image();
        requireShape(
                "negativeLogLikelihood: images",
                images,
                logits.dimension(0),
                logits.dimension(1),
                image.channels(),
                image.height(),
                image.width());
        double[] nats = new double[images.dimension(0) * images.dimension(1)];
        switch (this) {
            case BERNOULLI -> {
                int pixels = images.size() / nats.length;
                for (int i = 0; i < images.size(); i++) {
                    double logit = logits.data()[i];
                    nats[i / pixels] += LogisticMixture.softplus(logit) - images.data()[i] * logit;
                }
            }
            case DISCRETIZED_LOGISTIC_MIXTURE ->
                mixture(settings).negativeLogLikelihood(images.data(), logits.data(), nats);
        }
        return nats;
    }

    private void check(String call, ModelSettings settings, FloatTensor logits) {
        boolean isBatch = logits.rank() == 5;
        requireShape(
                call + ": logits",
                logits,
                isBatch ? logits.dimension(0) : 1,
                isBatch ? logits.dimension(1) : 1,
                channels(settings),
                settings.image().height(),
                settings.image().width());
    }

    private static void requireShape(String place, FloatTensor tensor, int... expected) {
        if (!Arrays.equals(tensor.shape(), expected)) {
            throw new TensorException("%s: expected shape %s, found %s", place, expected, tensor.shape());
        }
        Signature.requireFinite(place, tensor);
    }

    private static FloatTensor images(ModelSettings settings, FloatTensor logits) {
        Planes image = settings.image();
        return FloatTensor.zeros(
                logits.dimension(0), logits.dimension(1), image.channels(), image.height(), image.width());
    }

    private static LogisticMixture mixture(ModelSettings settings) {
        return new LogisticMixture(settings.image(), settings.neighbours());
    }
}
