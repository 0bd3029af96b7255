package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;

/**
 * The discretised mixture of logistics of PixelCNN++ (Salimans et al. 2017, section 2.1) for pixels of C channels with
 * levels k = 0 ... 255. A pixel's value is v = 2 k / 255 - 1; a level's probability under a logistic distribution is
 * the mass of the interval of width 2 / 255 around v, which for k = 0 reaches down to minus infinity, for k = 255 up to
 * infinity. The channels share the mixture's component, and given the component each channel's mean is shifted by the
 * values of the channels before it: red, then green given red, then blue given both.
 *
 * <p>The parameters, [N, P, H, W], are groups of {@value #COMPONENTS} channels, one channel per component, in this
 * order:
 *
 * <ol>
 *   <li>the logits of the mixture;
 *   <li>the means of channel 0, 1, ..., C - 1;
 *   <li>the logarithms of their scales, clamped to {@value #MIN_LOG_SCALE} ... {@value #MAX_LOG_SCALE};
 *   <li>the coefficients, before tanh, of channel 1 on 0, channel 2 on 0, channel 2 on 1, and so on.
 * </ol>
 *
 * <p>With neighbours, C channels follow that hold a reconstruction r, and C x neighbours x C channels of coefficients.
 * All means are then relative to r and shifted by the error v - r instead of v, and also by the errors of the
 * {@link CausalNeighbours}: channel c's means by the sum over neighbours n and channels d of coefficient [c, n, d]
 * times the error. So p(x) is a product over the pixels in reading order, each given those before it; still every
 * parameter comes from one pass of the decoder.
 *
 * @param channels C
 * @param neighbours 0, 4, 12 or 24
 */
record DiscretizedLogisticMixture(int channels, int neighbours) {
    /** Logistic distributions in a mixture. */
    static final int COMPONENTS = 10;
    /** A narrower component would put nearly all of its mass on one level anyway. */
    static final float MIN_LOG_SCALE = -7f;
    /** A wider component is flat over all levels; the limit keeps the logarithm of a level's mass finite. */
    static final float MAX_LOG_SCALE = 7f;

    private static final int LEVELS = 255;
    /** Farther than any mean is from any level, in scales of the widest component too. */
    private static final float FAR = 1e6f;

    /** P, the number of parameters of one pixel: 100 for colour images, 30 for grey ones, and more with neighbours. */
    int parameters() {
        return mixtureParameters() + neighbourParameters();
    }

    /** The part of P that does not depend on neighbours. */
    int mixtureParameters() {
        return COMPONENTS * (1 + 2 * channels + channels * (channels - 1) / 2);
    }

    /** The rest of P: r and the neighbours' coefficients. */
    int neighbourParameters() {
        return neighbours == 0 ? 0 : channels + channels * neighbours * channels;
    }

    /**
     * ln p(x) of each pixel, given those before it if there are neighbours.
     *
     * @param parameters [N, P, H, W]
     * @param images [N, C, H, W], k / 255; the levels are recovered by rounding. No gradient flows to them
     * @return [N, H, W], nats
     */
    NDArray logProbability(NDArray parameters, NDArray images) {
        Parts parts = new Parts(parameters);
        if (neighbours == 0) {
            return logProbability(parts.mixture, images, null, null);
        }
        NDArray predicted = predicted(parts.coefficients, errors(images, parts.reconstruction));
        return logProbability(parts.mixture, images, parts.reconstruction, predicted);
    }

    /** The errors of a reconstruction, v - r: [N, C, H, W]. */
    static NDArray errors(NDArray images, NDArray reconstruction) {
        return values(levels(images)).sub(reconstruction);
    }

    /**
     * The same for parameters that are already split into their groups. Here H and W may be any two axes of pixels.
     *
     * <p>ln of the mass that a logistic distribution puts on a level: with the level's upper end u = (v + 1 / 255 -
     * mean) / scale, its lower end l = (v - 1 / 255 - mean) / scale, h = 1 / (255 scale) and s the logistic function it
     * is
     *
     * <pre>
     *   ln(s(u) - s(l)) = -softplus(-u) - softplus(l) + ln(2 sinh h) - h   inside,
     *   ln s(u)         = -softplus(-u)                                    for level 0,
     *   ln(1 - s(l))    = -softplus(l)                                     for level 255,
     * </pre>
     *
     * exact forms in which nothing cancels, however small the mass. The outermost ends are so far away that their
     * softplus is 0, and so is its gradient. To save memory, sums are computed in place where the gradient allows it,
     * and signs are changed once, at the end.
     *
     * @param mixture [N, components, H, W] for each group of the mixture
     * @param reconstruction r, [N, C, H, W], or null without neighbours
     * @param predicted what the neighbours' errors add to all means, [N, C, H, W], or null
     */
    NDArray logProbability(NDList mixture, NDArray images, NDArray reconstruction, NDArray predicted) {
        NDArray levels = levels(images);
        NDArray values = values(levels);
        NDArray moving = reconstruction == null ? values : values.sub(reconstruction);
        NDArray base = reconstruction == null ? null : reconstruction.add(predicted);
        NDArray first = levels.lt(0.5f).toType(levels.getDataType(), false);
        NDArray last = levels.gt(LEVELS - 0.5f).toType(levels.getDataType(), false);
        NDArray high = values.add(1f / LEVELS).add(last.mul(FAR));
        NDArray low = values.sub(1f / LEVELS).sub(first.mul(FAR));
        NDArray inside = first.add(last).neg().add(1f);
        NDArray[] before = new NDArray[channels];
        NDArray tails = null;
        NDArray sum = null;
        for (int channel = 0; channel < channels; channel++) {
            before[channel] = only(moving, channel);
            NDArray mean = mean(mixture, before, channel);
            mean = base == null ? mean : mean.add(only(base, channel));
            NDArray inverse = mixture.get(1 + channels + channel)
                    .clip(MIN_LOG_SCALE, MAX_LOG_SCALE)
                    .neg()
                    .exp();
            NDArray upper = Activation.softPlus(mean.sub(only(high, channel)).mul(inverse));
            NDArray lower = Activation.softPlus(only(low, channel).sub(mean).mul(inverse));
            tails = tails == null ? upper.addi(lower) : tails.addi(upper).addi(lower);
            NDArray half = Constant.scale(inverse, 1.0 / LEVELS);
            NDArray width = half.sinh().log().subi(half).muli(only(inside, channel));
            sum = sum == null ? width : sum.addi(width);
        }
        sum.subi(tails).addi(mixture.get(0).logSoftmax(1));
        NDArray largest = sum.stopGradient().max(new int[] {1}, true);
        return sum.sub(largest)
                .exp()
                .sum(new int[] {1})
                .log()
                .add(largest.squeeze(1))
                .add(Constant.scale(inside.sum(new int[] {1}), Math.log(2)));
    }

    /**
     * The mixture's mean images, in [0, 1]: each component's means clamped to the range of the levels, a channel's
     * given those of the channels before it, and weighted by the mixture. Neighbours count as free of error.
     *
     * @param parameters [N, P, H, W]
     * @return [N, C, H, W]
     */
    NDArray means(NDArray parameters) {
        Parts parts = new Parts(parameters);
        NDArray weights = parts.mixture.get(0).softmax(1);
        NDArray[] before = new NDArray[channels];
        NDList means = new NDList();
        for (int channel = 0; channel < channels; channel++) {
            NDArray mean = mean(parts.mixture, before, channel);
            NDArray base = neighbours == 0 ? null : only(parts.reconstruction, channel);
            NDArray value = (base == null ? mean : mean.add(base)).clip(-1f, 1f);
            before[channel] = base == null ? value : value.sub(base);
            means.add(value.mul(weights).sum(new int[] {1}, true));
        }
        return NDArrays.concat(means, 1).add(1f).mul(0.5f);
    }

    /** The parameters' parts. */
    private final class Parts {
        /** Groups of the mixture, [N, components, H, W] each. */
        final NDList mixture;
        /** r, [N, C, H, W]; null without neighbours. */
        final NDArray reconstruction;
        /** [N, C x neighbours x C, H, W]; null without neighbours. */
        final NDArray coefficients;

        Parts(NDArray parameters) {
            // One split, two with neighbours: the gradient of each single slice would be a full array, zero outside the
            // slice.
            NDList split = neighbours == 0
                    ? new NDList(parameters)
                    : parameters.split(new long[] {mixtureParameters(), mixtureParameters() + (long) channels}, 1);
            mixture = split.get(0).split(mixtureParameters() / COMPONENTS, 1);
            reconstruction = neighbours == 0 ? null : split.get(1);
            coefficients = neighbours == 0 ? null : split.get(2);
        }
    }

    /** Predicts each pixel's errors from its neighbours' errors [N, C, H, W]; returns the same shape. */
    private NDArray predicted(NDArray coefficients, NDArray errors) {
        Shape s = errors.getShape();
        NDArray around = CausalNeighbours.of(errors, neighbours)
                .reshape(s.get(0), 1, (long) neighbours * channels, s.get(2), s.get(3));
        return coefficients
                .reshape(s.get(0), channels, (long) neighbours * channels, s.get(2), s.get(3))
                .mul(around)
                .sum(new int[] {2});
    }

    /** A channel's means, shifted by the channels before it: [N, components, H, W]. */
    private NDArray mean(NDList mixture, NDArray[] before, int channel) {
        NDArray mean = mixture.get(1 + channel);
        for (int other = 0; other < channel; other++) {
            NDArray coefficient = mixture.get(1 + 2 * channels + channel * (channel - 1) / 2 + other)
                    .tanh();
            mean = mean.add(coefficient.mul(before[other]));
        }
        return mean;
    }

    private static NDArray levels(NDArray images) {
        return images.mul(LEVELS).round();
    }

    private static NDArray values(NDArray levels) {
        return levels.mul(2f / LEVELS).sub(1f);
    }

    private static NDArray only(NDArray maps, int channel) {
        return maps.get(":, {}:{}", channel, channel + 1);
    }
}
