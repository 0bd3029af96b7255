package io.kanerva.runtime.math;

import io.kanerva.runtime.NormalSampler;
import io.kanerva.runtime.Planes;
import java.util.Arrays;

/**
 * The discretised mixture of logistics of PixelCNN++ (Salimans et al. 2017, section 2.1), in float64.
 *
 * <p>A pixel's level k = 0 ... 255 stands for v = 2 k / 255 - 1. Under a logistic distribution a level's probability is
 * the mass of the interval of width 2 / 255 around v, which for k = 0 reaches down to minus infinity, for k = 255 up to
 * infinity. The channels of a pixel share the component of the mixture; given it, channel c's mean is shifted by the
 * values of the channels before it. A pixel's parameters, channels of the decoder's output [P, H, W], are in groups of
 * 10, one per component: the logits of the mixture; the means of channel 0, 1, ...; the logarithms of their scales,
 * clamped to -7 ... 7; the coefficients, before tanh, of channel 1 on 0, 2 on 0, 2 on 1, and so on.
 *
 * <p>With neighbours there follow a reconstruction r, [C, H, W], and coefficients [C, neighbours, C, H, W]. Means are
 * then relative to r and shifted by errors v - r instead of v, also by those of preceding pixels in reading order,
 * which are 0 outside the image.
 *
 * <p>Used by one thread, as it keeps the current image's errors.
 */
public final class LogisticMixture {

    private static final int COMPONENTS = 10;
    private static final int LEVELS = 255;
    private static final double LIMIT = 7;

    /** Rows and columns from a pixel to its neighbours; fewer neighbours are the first of these. */
    private static final byte[] ROWS = new byte[24];

    private static final byte[] COLUMNS = new byte[24];

    static {
        // By distance: left, then both sides row by row upwards, then the farthest row from left to right.
        int n = 0;
        for (int far = 1; far <= 3; far++) {
            for (int i = 0; i < 4 * far; i++) {
                boolean atSide = i < 2 * far - 1;
                ROWS[n] = (byte) (atSide ? -(i + 1) / 2 : -far);
                COLUMNS[n++] = (byte) (!atSide ? i - 3 * far + 1 : i % 2 == 0 && i > 0 ? far : -far);
            }
        }
    }

    private final int channels;
    private final int neighbours;
    private final int width;
    private final int pixels;
    private final double[] moving;
    private final double[] before;
    private final double[] weights = new double[COMPONENTS];
    private float[] data;
    private int start;

    /**
     * @param image [C, H, W]
     * @param neighbours 0, 4, 12 or 24
     */
    public LogisticMixture(Planes image, int neighbours) {
        this.neighbours = neighbours;
        channels = image.channels();
        width = image.width();
        pixels = image.height() * width;
        moving = new double[channels * pixels];
        before = new double[channels];
    }

    /** The reach of 2 r (r + 1) neighbours: r. */
    public static int reach(int neighbours) {
        return (int) Math.sqrt(neighbours / 2.0);
    }

    /** P, the number of parameters of one pixel. */
    public static int parameters(int channels, int neighbours) {
        return mixtureParameters(channels) + (neighbours == 0 ? 0 : channels + channels * neighbours * channels);
    }

    private static int mixtureParameters(int channels) {
        return COMPONENTS * (1 + 2 * channels + channels * (channels - 1) / 2);
    }

    /**
     * -ln p(x) of each image, in nats.
     *
     * @param images [N, C, H, W], k / 255; levels are recovered by rounding
     * @param parameters [N, P, H, W]
     * @param nats receives N numbers
     */
    public void negativeLogLikelihood(float[] images, float[] parameters, double[] nats) {
        int[] levels = new int[moving.length];
        double[] logits = new double[COMPONENTS];
        double[] joint = new double[COMPONENTS];
        for (int n = 0; n < nats.length; n++) {
            begin(parameters, n);
            for (int i = 0; i < levels.length; i++) {
                levels[i] = Math.round(images[n * levels.length + i] * LEVELS);
                setLevel(i, levels[i]);
            }
            for (int pixel = 0; pixel < pixels; pixel++) {
                for (int m = 0; m < COMPONENTS; m++) {
                    logits[m] = parameter(m, pixel);
                    joint[m] = logits[m];
                }
                for (int c = 0; c < channels; c++) {
                    before[c] = moving[c * pixels + pixel];
                    int level = levels[c * pixels + pixel];
                    double base = base(c, pixel);
                    for (int m = 0; m < COMPONENTS; m++) {
                        joint[m] += logMass(level, value(level), base + mean(c, m, pixel), logScale(c, m, pixel));
                    }
                }
                nats[n] += logSumExp(logits) - logSumExp(joint);
            }
        }
    }

    /**
     * The mean images, in [0, 1]: each component's means clamped to the range of the levels, a channel's given those of
     * the channels before it, weighted by the mixture. Neighbours count as free of error.
     *
     * @param parameters [N, P, H, W]
     * @param means receives [N, C, H, W]
     */
    public void means(float[] parameters, float[] means) {
        double[] sums = new double[channels];
        for (int to = 0; to < means.length; to += moving.length) {
            begin(parameters, to / moving.length);
            for (int pixel = 0; pixel < pixels; pixel++) {
                weigh(pixel);
                Arrays.fill(sums, 0);
                for (int m = 0; m < COMPONENTS; m++) {
                    for (int c = 0; c < channels; c++) {
                        double base = reconstruction(c, pixel);
                        double value = Math.max(-1, Math.min(1, base + mean(c, m, pixel)));
                        before[c] = value - base;
                        sums[c] += weights[m] * (value + 1) / 2;
                    }
                }
                for (int c = 0; c < channels; c++) {
                    means[to + c * pixels + pixel] = (float) sums[c]; // a sum of floats could exceed 1
                }
            }
        }
    }

    /**
     * Images drawn from the distribution, in reading order: for each pixel one uniform number selects the component,
     * then one per channel its value, mean + scale ln(u / (1 - u)), rounded to the nearest level. Uniform numbers are
     * Phi of the sampler's normal ones.
     *
     * @param parameters [N, P, H, W]
     * @param images receives [N, C, H, W], k / 255
     */
    public void sample(float[] parameters, float[] images, NormalSampler sampler) {
        for (int n = 0; n < images.length / moving.length; n++) {
            begin(parameters, n);
            for (int pixel = 0; pixel < pixels; pixel++) {
                weigh(pixel);
                double left = Normal.cdf(sampler.next()) - weights[0];
                int m = 0;
                while (left > 0 && m < COMPONENTS - 1) {
                    m++;
                    left -= weights[m];
                }
                for (int c = 0; c < channels; c++) {
                    double u = Normal.cdf(sampler.next());
                    double value = base(c, pixel)
                            + mean(c, m, pixel)
                            + Math.exp(logScale(c, m, pixel)) * Math.log(u / (1 - u));
                    int level = (int) Math.max(0, Math.min(LEVELS, Math.round((value + 1) * LEVELS / 2)));
                    int i = c * pixels + pixel;
                    setLevel(i, level);
                    before[c] = moving[i];
                    images[n * moving.length + i] = level / (float) LEVELS;
                }
            }
        }
    }

    /** ln of a level's mass under a logistic distribution, in forms without cancellation. */
    static double logMass(int level, double value, double mean, double logScale) {
        double inverse = Math.exp(-logScale);
        double middle = (value - mean) * inverse;
        double half = inverse / LEVELS;
        if (level == 0) {
            return -softplus(-middle - half);
        }
        if (level == LEVELS) {
            return -softplus(middle - half);
        }
        return middle - softplus(middle + half) - softplus(middle - half) + Math.log(2 * Math.sinh(half));
    }

    /** ln(1 + exp(l)) without overflow and without losing small values. */
    public static double softplus(double logit) {
        return Math.max(logit, 0) + Math.log1p(Math.exp(-Math.abs(logit)));
    }

    private void begin(float[] parameters, int image) {
        data = parameters;
        start = image * parameters(channels, neighbours) * pixels;
    }

    private double parameter(int number, int pixel) {
        return data[start + number * pixels + pixel];
    }

    /** Sets the level of value {@code i} of [C, H, W]. */
    private void setLevel(int i, int level) {
        moving[i] = value(level) - reconstruction(i / pixels, i % pixels);
    }

    /** The mixture's weights at a pixel. */
    private void weigh(int pixel) {
        for (int m = 0; m < COMPONENTS; m++) {
            weights[m] = parameter(m, pixel);
        }
        double norm = logSumExp(weights);
        for (int m = 0; m < COMPONENTS; m++) {
            weights[m] = Math.exp(weights[m] - norm);
        }
    }

    /** r, or 0 without neighbours. */
    private double reconstruction(int c, int pixel) {
        return neighbours == 0 ? 0 : parameter(mixtureParameters(channels) + c, pixel);
    }

    /** What all components add to a channel's mean: r and the neighbours' errors. */
    private double base(int c, int pixel) {
        double base = reconstruction(c, pixel);
        for (int n = 0; n < neighbours; n++) {
            int row = pixel / width + ROWS[n];
            int column = pixel % width + COLUMNS[n];
            if (row >= 0 && column >= 0 && column < width) {
                for (int d = 0; d < channels; d++) {
                    int coefficient = mixtureParameters(channels) + channels + (c * neighbours + n) * channels + d;
                    base += parameter(coefficient, pixel) * moving[d * pixels + row * width + column];
                }
            }
        }
        return base;
    }

    /** A component's own mean of a channel, shifted by the channels before. */
    private double mean(int c, int m, int pixel) {
        double mean = parameter((1 + c) * COMPONENTS + m, pixel);
        for (int d = 0; d < c; d++) {
            mean += Math.tanh(parameter((1 + 2 * channels + c * (c - 1) / 2 + d) * COMPONENTS + m, pixel)) * before[d];
        }
        return mean;
    }

    private double logScale(int c, int m, int pixel) {
        return Math.max(-LIMIT, Math.min(LIMIT, parameter((1 + channels + c) * COMPONENTS + m, pixel)));
    }

    private static double value(int level) {
        return 2.0 * level / LEVELS - 1;
    }

    private static double logSumExp(double[] values) {
        double largest = Double.NEGATIVE_INFINITY;
        for (double value : values) {
            largest = Math.max(largest, value);
        }
        double sum = 0;
        for (double value : values) {
            sum += Math.exp(value - largest);
        }
        return largest + Math.log(sum);
    }
}
