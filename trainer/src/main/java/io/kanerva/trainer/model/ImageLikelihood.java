package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Activation;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** p(x | z, traces): the image distribution that the decoder's output parameterises. */
public enum ImageLikelihood {
    /** Independent black and white pixels; the decoder gives each pixel's logit, [B, Q, Cx, Hx, Wx]. */
    BERNOULLI {
        @Override
        int channels(KanervaSettings settings) {
            return settings.image().channels();
        }

        @Override
        NDArray negativeLogLikelihood(KanervaSettings settings, NDArray parameters, NDArray images) {
            // -ln p(x) = softplus(l) - x l for a Bernoulli distribution with logit l
            return Activation.softPlus(parameters).sub(images.mul(parameters)).sum(new int[] {2, 3, 4});
        }

        @Override
        NDArray encoded(NDArray images) {
            return images;
        }

        @Override
        public NDArray means(KanervaSettings settings, NDArray parameters) {
            return parameters.neg().exp().add(1).pow(-1);
        }
    },
    /**
     * 8-bit pixels, k / 255: a mixture of ten discretised logistic distributions, the channels of a pixel conditioned
     * on those before them (Salimans et al. 2017), and, if so set, on neighbours; see
     * {@link DiscretizedLogisticMixture}. The decoder gives [B, Q, P, Hx, Wx].
     */
    DISCRETIZED_LOGISTIC_MIXTURE {
        @Override
        int channels(KanervaSettings settings) {
            return mixture(settings).parameters();
        }

        @Override
        NDArray negativeLogLikelihood(KanervaSettings settings, NDArray parameters, NDArray images) {
            return mixture(settings)
                    .logProbability(flat(parameters), flat(images))
                    .neg()
                    .sum(new int[] {1, 2})
                    .reshape(images.getShape().get(0), images.getShape().get(1));
        }

        @Override
        NDArray encoded(NDArray images) {
            return Constant.scale(images, 2).sub(1f);
        }

        @Override
        public NDArray means(KanervaSettings settings, NDArray parameters) {
            return mixture(settings)
                    .means(flat(parameters))
                    .reshape(
                            parameters.getShape().get(0),
                            parameters.getShape().get(1),
                            settings.image().channels(),
                            settings.image().height(),
                            settings.image().width());
        }
    };

    /** Channels of the decoder's output. */
    abstract int channels(KanervaSettings settings);

    /**
     * -ln p(x) of each image, nats.
     *
     * @param parameters the decoder's output
     * @param images [B, Q, Cx, Hx, Wx]
     * @return [B, Q]
     */
    abstract NDArray negativeLogLikelihood(KanervaSettings settings, NDArray parameters, NDArray images);

    /** Whether it describes black and white images, as opposed to 256 levels. */
    public boolean isBinary() {
        return this == BERNOULLI;
    }

    /** Images as the encoder's first layer sees them. */
    abstract NDArray encoded(NDArray images);

    /**
     * The means of the pixels, in [0, 1].
     *
     * @param parameters the decoder's output
     * @return [B, Q, Cx, Hx, Wx]
     */
    public abstract NDArray means(KanervaSettings settings, NDArray parameters);

    private static DiscretizedLogisticMixture mixture(KanervaSettings settings) {
        return new DiscretizedLogisticMixture(
                settings.image().channels(), settings.decoder().neighbours());
    }

    private static NDArray flat(NDArray array) {
        return array.reshape(
                array.getShape().get(0) * array.getShape().get(1),
                array.getShape().get(2),
                array.getShape().get(3),
                array.getShape().get(4));
    }

    /** The name in lower case, as in a bundle. */
    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
