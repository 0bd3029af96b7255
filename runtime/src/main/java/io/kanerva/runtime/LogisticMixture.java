package io.kanerva.runtime;

import java.util.Arrays;

/**
 * The discretised mixture of logistics of PixelCNN++ (Salimans et al. 2017, section 2.1), in double precision.
 *
 * <p>A pixel's level k = 0 ... 255 stands for v = 2 k / 255 - 1. Under a logistic distribution a level's probability is the
 * mass of the interval of width 2 / 255 around v, which for k = 0 reaches down to minus infinity, for k = 255 up to infinity.
 * The channels of a pixel share the component of the mixture; given it, channel c's mean is moved by the values of the
 * channels before it. A pixel's numbers, channels of the decoder's output [P, H, W], are in groups of 10, one
 * a component: the logits of the mixture; the means of channel 0, 1, ...; the logarithms of their scales, limited to -7 ...
 * 7; the coefficients, before tanh, of channel 1 on 0, 2 on 0, 2 on 1, and so on.
 *
 * <p>With neighbours there follow a reconstruction r, [C, H, W], and coefficients [C, neighbours, C, H, W]. Means are then
 * relative to r, what moves them is the error v - r instead of v, and they are moved also by the errors of pixels that come
 * before in reading order; outside of the image these are 0.
 *
 * @param channels C
 * @param neighbours 0, 4 or 12
 */
record LogisticMixture(int channels, int neighbours) {

    private static final int COMPONENTS = 10;
    private static final int LEVELS = 255;
    private static final double LIMIT = 7;

    /** Where the neighbours lie: (rows, columns) from the pixel. With 4, the first four of these. */
    private static final int[][] OFFSETS = {
        {0, -1}, {-1, -1}, {-1, 0}, {-1, 1}, {0, -2}, {-1, -2}, {-1, 2}, {-2, -2}, {-2, -1}, {-2, 0}, {-2, 1}, {-2, 2}
    };

    /** P, numbers that describe one pixel. */
    int parameters() {
        return mixtureParameters() + (neighbours == 0 ? 0 : channels + channels * neighbours * channels);
    }

    private int mixtureParameters() {
        return COMPONENTS * (1 + 2 * channels + channels * (channels - 1) / 2);
    }

    /**
     * -ln p(x) of each image, in nats.
     *
     * @param images [B, T, C, H, W], k / 255; levels are recovered by rounding
     * @param parameters [B, T, P, H, W]
     * @return [B * T]
     */
    double[] negativeLogLikelihood(FloatTensor images, FloatTensor parameters) {
        double[] nats = new double[images.dimension(0) * images.dimension(1)];
        for (int n = 0; n < nats.length; n++) {
            Image image = new Image(parameters, n);
            int[] levels = new int[channels * image.places];
            for (int i = 0; i < levels.length; i++) {
                levels[i] = Math.round(images.data()[n * levels.length + i] * LEVELS);
                image.setLevel(i, levels[i]);
            }
            for (int place = 0; place < image.places; place++) {
                nats[n] -= image.logProbability(levels, place);
            }
        }
        return nats;
    }

    /**
     * The mean images, in [0, 1]: each component's means limited to the range of the levels, a channel's given those of the
     * channels before it, weighted by the mixture. Neighbours count as free of error.
     *
     * @param parameters [N, P, H, W], row-major
     * @param means receives [N, C, H, W]
     * @param places H x W
     */
    void means(float[] parameters, float[] means, int places) {
        Arrays.fill(means, 0);
        for (int n = 0; n < means.length / (channels * places); n++) {
            Image image = new Image(parameters, n, places, places);
            for (int place = 0; place < places; place++) {
                double[] weights = image.weights(place);
                for (int m = 0; m < COMPONENTS; m++) {
                    double[] before = new double[channels];
                    for (int c = 0; c < channels; c++) {
                        double base = image.reconstruction(c, place);
                        double value = Math.max(-1, Math.min(1, base + image.mean(c, m, place, before)));
                        before[c] = value - base;
                        means[(n * channels + c) * places + place] += (float) (weights[m] * (value + 1) / 2);
                    }
                }
            }
        }
    }

    /**
     * Images drawn from the distribution, in reading order: for each pixel one uniform number names the component, then one a
     * channel its value, mean + scale ln(u / (1 - u)), rounded to the nearest level. Uniform numbers are Phi of the sampler's
     * normal ones.
     *
     * @param parameters [B, Q, P, H, W]
     * @return [B, Q, C, H, W], k / 255
     */
    FloatTensor sample(FloatTensor parameters, NormalSampler sampler) {
        FloatTensor images = likeImages(parameters);
        for (int n = 0; n < parameters.dimension(0) * parameters.dimension(1); n++) {
            Image image = new Image(parameters, n);
            for (int place = 0; place < image.places; place++) {
                int m = pick(image.weights(place), Normal.cdf(sampler.next()));
                double[] before = new double[channels];
                for (int c = 0; c < channels; c++) {
                    double u = Normal.cdf(sampler.next());
                    double mean = image.base(c, place) + image.mean(c, m, place, before);
                    double value = mean + Math.exp(image.logScale(c, m, place)) * Math.log(u / (1 - u));
                    int level = (int) Math.max(0, Math.min(LEVELS, Math.round((value + 1) * LEVELS / 2)));
                    int i = c * image.places + place;
                    image.setLevel(i, level);
                    before[c] = image.moving[i];
                    images.data()[n * channels * image.places + i] = level / (float) LEVELS;
                }
            }
        }
        return images;
    }

    /** The first component at which the weights' running sum passes {@code u}. */
    private static int pick(double[] weights, double u) {
        double sum = weights[0];
        int m = 0;
        while (sum < u && m < COMPONENTS - 1) {
            m++;
            sum += weights[m];
        }
        return m;
    }

    private FloatTensor likeImages(FloatTensor parameters) {
        return FloatTensor.zeros(parameters.dimension(0), parameters.dimension(1), channels, parameters.dimension(3), parameters.dimension(4));
    }

    /** ln of the mass that a logistic distribution puts on a level; in these forms nothing cancels, however small it is. */
    static double logMass(int level, double value, double mean, double logScale) {
        double inverse = Math.exp(-logScale);
        double middle = (value - mean) * inverse;
        double half = inverse / LEVELS;
        if (level == 0) {
            return -Likelihood.softplus(-middle - half);
        }
        if (level == LEVELS) {
            return -Likelihood.softplus(middle - half);
        }
        return middle - Likelihood.softplus(middle + half) - Likelihood.softplus(middle - half) + Math.log(2 * Math.sinh(half));
    }

    /** One image's distribution, and of its pixels as far as they are known what moves the means of those after them. */
    private final class Image {
        final int places;
        final double[] moving;
        private final int width;
        private final float[] data;
        private final int start;

        Image(FloatTensor parameters, int index) {
            this(parameters.data(), index, parameters.dimension(3) * parameters.dimension(4), parameters.dimension(4));
        }

        Image(float[] parameters, int index, int places, int width) {
            this.places = places;
            this.width = width;
            data = parameters;
            start = index * parameters() * places;
            moving = new double[channels * places];
        }

        private double parameter(int number, int place) {
            return data[start + number * places + place];
        }

        /** Tells the level of number {@code i} of [C, H, W]. */
        void setLevel(int i, int level) {
            moving[i] = value(level) - reconstruction(i / places, i % places);
        }

        double logProbability(int[] levels, int place) {
            double[] logits = new double[COMPONENTS];
            double[] joint = new double[COMPONENTS];
            double[] before = new double[channels];
            double[] base = new double[channels];
            for (int c = 0; c < channels; c++) {
                before[c] = moving[c * places + place];
                base[c] = base(c, place);
            }
            for (int m = 0; m < COMPONENTS; m++) {
                logits[m] = parameter(m, place);
                joint[m] = logits[m];
                for (int c = 0; c < channels; c++) {
                    int level = levels[c * places + place];
                    joint[m] += logMass(level, value(level), base[c] + mean(c, m, place, before), logScale(c, m, place));
                }
            }
            return logSumExp(joint) - logSumExp(logits);
        }

        double[] weights(int place) {
            double[] weights = new double[COMPONENTS];
            Arrays.setAll(weights, m -> parameter(m, place));
            double norm = logSumExp(weights);
            Arrays.setAll(weights, m -> Math.exp(weights[m] - norm));
            return weights;
        }

        /** r; 0 without neighbours. */
        double reconstruction(int c, int place) {
            return neighbours == 0 ? 0 : parameter(mixtureParameters() + c, place);
        }

        /** What all components' means of a channel have in common: r, and what the neighbours' errors add. */
        double base(int c, int place) {
            double base = reconstruction(c, place);
            for (int n = 0; n < neighbours; n++) {
                int row = place / width + OFFSETS[n][0];
                int column = place % width + OFFSETS[n][1];
                if (row >= 0 && column >= 0 && column < width) {
                    for (int d = 0; d < channels; d++) {
                        int coefficient = mixtureParameters() + channels + (c * neighbours + n) * channels + d;
                        base += parameter(coefficient, place) * moving[d * places + row * width + column];
                    }
                }
            }
            return base;
        }

        /** A component's own mean of a channel, moved by the channels before. */
        double mean(int c, int m, int place, double[] before) {
            double mean = parameter((1 + c) * COMPONENTS + m, place);
            for (int d = 0; d < c; d++) {
                mean += Math.tanh(parameter((1 + 2 * channels + c * (c - 1) / 2 + d) * COMPONENTS + m, place)) * before[d];
            }
            return mean;
        }

        double logScale(int c, int m, int place) {
            return Math.max(-LIMIT, Math.min(LIMIT, parameter((1 + channels + c) * COMPONENTS + m, place)));
        }

        private double value(int level) {
            return 2.0 * level / LEVELS - 1;
        }
    }

    private static double logSumExp(double[] values) {
        double largest = Arrays.stream(values).max().orElseThrow();
        double sum = 0;
        for (double value : values) {
            sum += Math.exp(value - largest);
        }
        return largest + Math.log(sum);
    }
}
