package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Activation;

/**
 * The discretised mixture of logistics of PixelCNN++ (Salimans et al. 2017, section 2.1) for pixels of C channels with
 * levels k = 0 ... 255. A pixel's value is v = 2 k / 255 - 1; a level's probability under a logistic distribution is the
 * mass of the interval of width 2 / 255 around v, which for k = 0 reaches down to minus infinity, for k = 255 up to infinity.
 * The channels share the mixture's component, and given the component each channel's mean is moved by the values of
 * the channels before it: red, then green given red, then blue given both.
 *
 * <p>The parameters, [N, P, H, W], are groups of {@value #COMPONENTS} channels, one channel a component, in this order:
 *
 * <ol>
 *   <li>the logits of the mixture;
 *   <li>the means of channel 0, 1, ..., C - 1;
 *   <li>the logarithms of their scales, which are limited to {@value #LEAST_LOG_SCALE} ... {@value #LARGEST_LOG_SCALE};
 *   <li>the coefficients, before tanh, of channel 1 on 0, channel 2 on 0, channel 2 on 1, and so on.
 * </ol>
 */
final class LogisticMixture {
    /** Logistic distributions in a mixture. */
    static final int COMPONENTS = 10;
    /** A narrower component would put nearly all of its mass on one level anyway. */
    static final float LEAST_LOG_SCALE = -7f;
    /** A wider component is flat over all levels; the limit keeps the logarithm of a level's mass finite. */
    static final float LARGEST_LOG_SCALE = 7f;

    private static final int LEVELS = 255;

    private LogisticMixture() {}

    /** P, numbers that describe one pixel of that many channels: 100 for colour images, 30 for grey ones. */
    static int parameters(int channels) {
        return COMPONENTS * (1 + 2 * channels + channels * (channels - 1) / 2);
    }

    /**
     * ln p(x) of each pixel.
     *
     * @param parameters [N, P, H, W]
     * @param images [N, C, H, W], k / 255; the levels are recovered by rounding. No gradient flows to them
     * @return [N, H, W], nats
     */
    static NDArray logProbability(NDArray parameters, NDArray images) {
        int channels = Math.toIntExact(images.getShape().get(1));
        // One split: the gradient of each slice by itself would be a whole array of zeros around it.
        NDList groups = parameters.split(parameters.getShape().get(1) / COMPONENTS, 1);
        NDArray levels = images.mul(LEVELS).round();
        NDArray sum = groups.get(0).logSoftmax(1);
        NDArray[] values = new NDArray[channels];
        for (int channel = 0; channel < channels; channel++) {
            NDArray level = levels.get(":, {}:{}", channel, channel + 1);
            values[channel] = level.mul(2f / LEVELS).sub(1f);
            sum = sum.add(logMass(level, values[channel], mean(groups, values, channel, channels), groups.get(1 + channels + channel)));
        }
        return logSumExp(sum).squeeze(1);
    }

    /**
     * The mixture's mean images, in [0, 1]: each component's means limited to the range of the levels, a channel's given
     * those of the channels before it, and weighted by the mixture.
     *
     * @param parameters [N, P, H, W]
     * @return [N, C, H, W]
     */
    static NDArray means(NDArray parameters, int channels) {
        NDList groups = parameters.split(parameters.getShape().get(1) / COMPONENTS, 1);
        NDArray weights = groups.get(0).softmax(1);
        NDArray[] values = new NDArray[channels];
        NDList means = new NDList();
        for (int channel = 0; channel < channels; channel++) {
            values[channel] = mean(groups, values, channel, channels).clip(-1f, 1f);
            means.add(values[channel].mul(weights).sum(new int[] {1}, true));
        }
        return NDArrays.concat(means, 1).add(1f).mul(0.5f);
    }

    /** A channel's means given the values of the channels before it: [N, components, H, W]. */
    private static NDArray mean(NDList groups, NDArray[] values, int channel, int channels) {
        NDArray mean = groups.get(1 + channel);
        for (int before = 0; before < channel; before++) {
            NDArray coefficient = groups.get(1 + 2 * channels + channel * (channel - 1) / 2 + before).tanh();
            mean = mean.add(coefficient.mul(values[before]));
        }
        return mean;
    }

    /**
     * ln of the mass that logistic distributions put on levels. With m = (v - mean) / scale, h = 1 / (255 scale) and s the
     * logistic function it is
     *
     * <pre>
     *   ln(s(m + h) - s(m - h)) = m - softplus(m + h) - softplus(m - h) + ln(2 sinh h)   inside,
     *   ln s(m + h)             = m + h - softplus(m + h)                                for level 0,
     *   ln(1 - s(m - h))        = -softplus(m - h)                                       for level 255,
     * </pre>
     *
     * exact forms in which nothing cancels, however small the mass. They are joined by factors of 0 and 1.
     */
    private static NDArray logMass(NDArray level, NDArray value, NDArray mean, NDArray logScale) {
        NDArray notFirst = level.gt(0.5f).toType(level.getDataType(), false);
        NDArray notLast = level.lt(LEVELS - 0.5f).toType(level.getDataType(), false);
        NDArray inverse = logScale.clip(LEAST_LOG_SCALE, LARGEST_LOG_SCALE).neg().exp();
        NDArray middle = value.sub(mean).mul(inverse);
        NDArray half = Scale.by(inverse, 1.0 / LEVELS);
        NDArray below = Activation.softPlus(middle.add(half)).sub(middle);
        NDArray above = Activation.softPlus(middle.sub(half));
        NDArray width = half.sinh().log().add((float) Math.log(2));
        return width.mul(notFirst.mul(notLast)).sub(below.mul(notLast)).sub(above.mul(notFirst)).add(half.mul(notFirst.mul(-1f).add(1f)));
    }

    /** ln of the sum of exp over the components: [N, components, H, W] to [N, 1, H, W]. */
    private static NDArray logSumExp(NDArray array) {
        NDArray largest = array.max(new int[] {1}, true).stopGradient();
        return array.sub(largest).exp().sum(new int[] {1}, true).log().add(largest);
    }
}
