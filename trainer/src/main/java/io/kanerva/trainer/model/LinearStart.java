package io.kanerva.trainer.model;

import java.util.function.IntConsumer;

/**
 * Sets a model's linear path ({@link DecoderSettings#banks}) to the best linear model of some training images, so that
 * training begins there:
 *
 * <ol>
 *   <li>the code of a patch: its principal components;
 *   <li>the reconstruction: least squares from the codes of a patch and the eight around it;
 *   <li>for each position in a patch and each channel, the coefficients of the neighbours' errors and of the errors of
 *       the pixel's preceding channels: least squares;
 *   <li>the mixture: scales around that of the remaining errors, the same everywhere.
 * </ol>
 *
 * <p>Without slots to write to there is no code to reconstruct from, and r is the mean of each position in a patch.
 */
public final class LinearStart {
    private static final int MAX_IMAGES = 2000;
    /** Those of as many images of 32 x 32: more than a hundred patches for each unknown of the least squares. */
    private static final int MAX_PIXELS = MAX_IMAGES * 32 * 32;

    private static final double RIDGE = 1e-4;
    /** Logarithms of the components' scales, relative to the scale of the error: evenly spaced between these. */
    private static final double MIN_SCALE = -2;

    private static final double MAX_SCALE = 1.6;
    /**
     * Components' weights fall with the distance of the scale's logarithm from the middle like a normal density of this
     * standard deviation.
     */
    private static final double SCALE_DEVIATION = 0.8;
    /**
     * The mixture takes the inverse of tanh of the coefficients between channels; nearer to 1 it would hardly learn.
     */
    private static final double MAX_CHANNEL_COEFFICIENT = 0.99;

    private final KanervaSettings s;
    private final int count;
    private final int patch;
    private final int patchArea;
    private final float[] values;
    private final float[] errors;
    private final IntConsumer progress;
    private int done;

    private LinearStart(KanervaSettings settings, float[] images, IntConsumer progress) {
        s = settings;
        count = images.length / s.image().size();
        patch = s.patch();
        patchArea = patch * patch;
        values = new float[images.length];
        errors = new float[images.length];
        for (int i = 0; i < images.length; i++) {
            values[i] = 2 * images[i] - 1;
        }
        this.progress = progress;
    }

    /** The most images to fit to: 2,000, and fewer of large ones. */
    public static int images(KanervaSettings settings) {
        return Math.max(
                1,
                Math.min(
                        MAX_IMAGES,
                        MAX_PIXELS
                                / (settings.image().height() * settings.image().width())));
    }

    /** Units of work that {@link #fit} reports. */
    public static int work(KanervaSettings settings) {
        return 2 + settings.patch() * settings.patch();
    }

    /**
     * Sets the linear path.
     *
     * @param model with fresh weights and a linear path
     * @param images [N, Cx, Hx, Wx], k / 255; N at least 1
     * @param progress called with the number of {@link #work} units done
     */
    public static void fit(KanervaModel model, float[] images, IntConsumer progress) {
        new LinearStart(model.settings(), images, progress).fit(model);
    }

    private void fit(KanervaModel model) {
        int numbers = s.image().channels() * patchArea;
        boolean blocks = model.encoder() instanceof BlockEncoder;
        int codes = s.keys() * s.memory().channels();
        float[] traces =
                new float[blocks ? count * codes * s.block().rows() * s.block().columns() : 0];
        if (model.encoder() instanceof BlockEncoder encoder) {
            PrincipalComponents code = components(codes);
            encoder.startCode(floats(code.weights()), floats(new double[][] {code.bias()}));
            encode(code, traces);
        }
        report();
        int inputs = blocks ? codes * 9 : 0;
        double[][] reconstruction = reconstruction(traces, inputs);
        report();
        float[] weight = new float[numbers * codes * 9];
        float[] bias = new float[numbers];
        for (int number = 0; number < numbers; number++) {
            bias[number] = (float) reconstruction[number][0];
            for (int i = 0; i < inputs; i++) {
                weight[number * inputs + i] = (float) reconstruction[number][1 + i];
            }
        }
        int channels = s.image().channels();
        int neighbours = s.decoder().neighbours();
        float[] coefficients = new float[channels * neighbours * channels * patchArea];
        float[] mixture =
                new float[new DiscretizedLogisticMixture(channels, neighbours).mixtureParameters() * patchArea];
        for (int pixel = 0; pixel < patchArea; pixel++) {
            neighbours(pixel, coefficients, mixture);
            report();
        }
        ((LinearDecoder) model.decoder()).linear().start(weight, bias, mixture, coefficients);
    }

    private void report() {
        done++;
        progress.accept(done);
    }

    private PrincipalComponents components(int codes) {
        int length = s.image().channels() * patchArea;
        LeastSquares sums = new LeastSquares(1 + length);
        double[] line = new double[1 + length];
        line[0] = 1;
        forEachPatch(at -> sums.add(withPatch(at, line, 1)));
        double[] mean = new double[length];
        double[][] covariance = new double[length][length];
        for (int i = 0; i < length; i++) {
            mean[i] = sums.mean(0, 1 + i);
        }
        for (int i = 0; i < length; i++) {
            for (int j = 0; j < length; j++) {
                covariance[i][j] = sums.mean(1 + i, 1 + j) - mean[i] * mean[j];
            }
        }
        return PrincipalComponents.of(mean, covariance, codes);
    }

    /** Fills traces, [N, codes, h, w]. */
    private void encode(PrincipalComponents code, float[] traces) {
        int codes = code.bias().length;
        forEachPatch(at -> {
            double[] pixels = withPatch(at, new double[s.image().channels() * patchArea], 0);
            for (int k = 0; k < codes; k++) {
                double number = code.bias()[k];
                for (int i = 0; i < pixels.length; i++) {
                    number += code.weights()[k][i] * pixels[i];
                }
                traces[
                        (image(at) * codes + k) * s.block().size()
                                + at % s.block().size()] = (float) number;
            }
        });
    }

    /** Coefficients of 1 and of the traces around a patch, [values in a patch, 1 + inputs]; fills the errors too. */
    private double[][] reconstruction(float[] traces, int inputs) {
        int numbers = s.image().channels() * patchArea;
        LeastSquares sums = new LeastSquares(1 + inputs + numbers);
        double[] line = new double[1 + inputs + numbers];
        forEachPatch(at -> sums.add(withPatch(at, withTraces(traces, inputs, at, line), 1 + inputs)));
        double[][] coefficients = sums.solve(1 + inputs, 1 + inputs, numbers, RIDGE);
        forEachPatch(at -> {
            withTraces(traces, inputs, at, line);
            for (int number = 0; number < numbers; number++) {
                double r = 0;
                for (int i = 0; i <= inputs; i++) {
                    r += coefficients[number][i] * line[i];
                }
                int pixel = pixel(at, number);
                errors[pixel] = (float) (values[pixel] - r);
            }
        });
        return coefficients;
    }

    /** 1 and the traces of a patch and those around it, [codes, 3, 3], zero outside. */
    private double[] withTraces(float[] traces, int inputs, int at, double[] line) {
        line[0] = 1;
        for (int i = 0; i < inputs; i++) {
            int y = row(at) + i / 3 % 3 - 1;
            int x = column(at) + i % 3 - 1;
            boolean inside =
                    y >= 0 && y < s.block().rows() && x >= 0 && x < s.block().columns();
            int map = (image(at) * (inputs / 9) + i / 9) * s.block().size();
            line[1 + i] = inside ? traces[map + y * s.block().columns() + x] : 0;
        }
        return line;
    }

    /**
     * Fills the coefficients, [Cx, neighbours, Cx, p p], and the mixture's parameters, [numbers, p p], of one position
     * in the patches.
     */
    private void neighbours(int pixel, float[] coefficients, float[] mixture) {
        int channels = s.image().channels();
        int[][] offsets = CausalNeighbours.offsets(s.decoder().neighbours());
        int around = offsets.length * channels;
        LeastSquares sums = new LeastSquares(around + channels);
        double[] line = new double[around + channels];
        forEachPatch(at -> {
            int y = row(at) * patch + pixel / patch;
            int x = column(at) * patch + pixel % patch;
            for (int n = 0; n <= offsets.length; n++) {
                int top = n < offsets.length ? y + offsets[n][0] : y;
                int left = n < offsets.length ? x + offsets[n][1] : x;
                boolean inside = top >= 0 && left >= 0 && left < s.image().width();
                for (int d = 0; d < channels; d++) {
                    line[n * channels + d] = inside
                            ? errors[
                                    ((image(at) * channels + d) * s.image().height() + top)
                                                    * s.image().width()
                                            + left]
                            : 0;
                }
            }
            sums.add(line);
        });
        int components = DiscretizedLogisticMixture.COMPONENTS;
        for (int c = 0; c < channels; c++) {
            double[] solution = sums.solve(around + c, around + c, 1, RIDGE)[0];
            for (int i = 0; i < around; i++) {
                coefficients[(c * around + i) * patchArea + pixel] = (float) solution[i];
            }
            for (int d = 0; d < c; d++) {
                double coefficient =
                        Math.max(-MAX_CHANNEL_COEFFICIENT, Math.min(MAX_CHANNEL_COEFFICIENT, solution[around + d]));
                double inverse = 0.5 * Math.log((1 + coefficient) / (1 - coefficient));
                fill(mixture, 1 + 2 * channels + c * (c - 1) / 2 + d, pixel, inverse, 0);
            }
            // Rounding to levels 2 / 255 apart adds the variance of a uniform distribution; a logistic one's is (pi
            // scale)^2 / 3.
            double variance = sums.error(around + c, solution) + 4.0 / 255 / 255 / 12;
            double scale = 0.5 * Math.log(3 * variance) - Math.log(Math.PI);
            fill(mixture, 1 + channels + c, pixel, scale + MIN_SCALE, (MAX_SCALE - MIN_SCALE) / (components - 1));
        }
        double step = (MAX_SCALE - MIN_SCALE) / (components - 1);
        for (int m = 0; m < components; m++) {
            double distance = (m - 0.5 * (components - 1)) * step / SCALE_DEVIATION;
            mixture[m * patchArea + pixel] = (float) (-0.5 * distance * distance);
        }
    }

    /**
     * Sets a group of the mixture's parameters at one position: the first component's, and {@code step} more for each
     * that follows.
     */
    private void fill(float[] mixture, int group, int pixel, double first, double step) {
        for (int m = 0; m < DiscretizedLogisticMixture.COMPONENTS; m++) {
            mixture[(group * DiscretizedLogisticMixture.COMPONENTS + m) * patchArea + pixel] =
                    (float) (first + m * step);
        }
    }

    /** Visits all patches of all images, counted image by image and row by row. */
    private void forEachPatch(IntConsumer visitor) {
        for (int at = 0; at < count * s.block().size(); at++) {
            visitor.accept(at);
        }
    }

    private int image(int at) {
        return at / s.block().size();
    }

    private int row(int at) {
        return at % s.block().size() / s.block().columns();
    }

    private int column(int at) {
        return at % s.block().columns();
    }

    /** Copies a patch, [Cx, p, p], to an index in a line of values. */
    private double[] withPatch(int at, double[] line, int start) {
        for (int number = 0; number < s.image().channels() * patchArea; number++) {
            line[start + number] = values[pixel(at, number)];
        }
        return line;
    }

    /** The index in the images of a value of a patch, [Cx, p, p]. */
    private int pixel(int at, int number) {
        int y = row(at) * patch + number / patch % patch;
        int x = column(at) * patch + number % patch;
        return ((image(at) * s.image().channels() + number / patchArea)
                                        * s.image().height()
                                + y)
                        * s.image().width()
                + x;
    }

    private static float[] floats(double[][] rows) {
        float[] all = new float[rows.length * rows[0].length];
        for (int i = 0; i < all.length; i++) {
            all[i] = (float) rows[i / rows[0].length][i % rows[0].length];
        }
        return all;
    }
}
