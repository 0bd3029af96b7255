package io.kanerva.trainer.model;

import static io.kanerva.trainer.TinyModels.normals;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DiscretizedLogisticMixtureTest {
    private static final int M = DiscretizedLogisticMixture.COMPONENTS;
    private NDManager scratch;

    @BeforeEach
    void open() {
        scratch = NDManager.newBaseManager(Device.cpu(), "PyTorch");
    }

    @AfterEach
    void close() {
        scratch.close();
    }

    @Test
    void aGreyPixelHasThirtyParametersAndAColourPixelAHundred() {
        assertThat(new DiscretizedLogisticMixture(1, 0).parameters()).isEqualTo(30);
        assertThat(new DiscretizedLogisticMixture(3, 0).parameters()).isEqualTo(100);
        assertThat(new DiscretizedLogisticMixture(3, 4).parameters()).isEqualTo(100 + 3 + 36);
    }

    /** One component takes all: mean 0, scale 1; s(1/255) - s(-1/255) worked out by hand. */
    @Test
    void theMassOfALevelIsThatOfAnIntervalUnderTheLogisticCurve() {
        float[] parameters = new float[30];
        parameters[0] = 1000;
        // Level 127 is v = -1/255, 128 is 1/255; level 0 reaches down to minus infinity from -254/255, 255 up from
        // 254/255.
        double[] probabilities = probabilities(parameters, 1, new int[][] {{127}, {128}, {0}, {255}});
        double s = 1 / (1 + Math.exp(-2.0 / 255));
        assertThat(probabilities[0]).isCloseTo(s - 0.5, within(1e-8));
        assertThat(probabilities[1]).isCloseTo(0.00196077928, within(1e-8));
        assertThat(probabilities[2]).isCloseTo(0.26971245, within(1e-6));
        assertThat(probabilities[3]).isCloseTo(0.26971245, within(1e-6));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void theProbabilitiesAreThoseOfTheFormulaInDouble(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int channels = 1; channels <= 3; channels++) {
            float[] parameters = normals(random, new DiscretizedLogisticMixture(channels, 0).parameters(), 1.5);
            int[][] pixels = new int[40][channels];
            for (int i = 0; i < pixels.length; i++) {
                for (int c = 0; c < channels; c++) {
                    pixels[i][c] = i < 4 ? 255 * (i >> Math.min(c, 1) & 1) : random.nextInt(256);
                }
            }
            double[] found = logProbabilities(parameters, channels, pixels);
            for (int i = 0; i < pixels.length; i++) {
                assertThat(found[i])
                        .isCloseTo(Math.log(reference(parameters, channels, pixels[i], channels)), within(2e-5));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 2e-6", "2, 4, 1e-4", "3, 0.2, 2e-6"})
    void theProbabilitiesOfTheLevelsSumToOne(long seed, double deviation, double tolerance) {
        float[] parameters = normals(new SplittableRandom(seed), 30, deviation);
        int[][] levels = new int[256][1];
        for (int k = 0; k < 256; k++) {
            levels[k][0] = k;
        }
        assertThat(sum(probabilities(parameters, 1, levels))).isCloseTo(1, within(tolerance));
    }

    @ParameterizedTest
    @ValueSource(longs = {4, 5})
    void givenRedTheProbabilitiesOfGreenAndGivenBothThoseOfBlueSumToOne(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] parameters = normals(random, 100, 1);
        int red = random.nextInt(256);
        int green = random.nextInt(256);
        int[][] all = new int[256 * 256][];
        for (int i = 0; i < all.length; i++) {
            all[i] = new int[] {red, i / 256, i % 256};
        }
        double[] joint = probabilities(parameters, 3, all);
        double[] ofGreen = new double[256];
        for (int i = 0; i < joint.length; i++) {
            ofGreen[i / 256] += joint[i];
        }
        double ofRed = reference(parameters, 3, new int[] {red}, 1);
        assertThat(sum(ofGreen)).as("p(red), green and blue summed out").isCloseTo(ofRed, within(2e-6 * ofRed));
        double ofBoth = reference(parameters, 3, new int[] {red, green}, 2);
        assertThat(ofGreen[green]).as("p(red, green), blue summed out").isCloseTo(ofBoth, within(2e-5 * ofBoth));
    }

    @Test
    void farOffLevelsKeepFiniteLogarithmsAndGradients() {
        // The narrowest and the widest scales, means far outside of the range, and levels at both ends.
        float[] parameters = new float[30];
        for (int m = 0; m < M; m++) {
            parameters[M + m] = m % 2 == 0 ? 50 : -50;
            parameters[2 * M + m] = m % 3 == 0 ? -30 : m % 3 == 1 ? 30 : 0;
        }
        NDArray array = scratch.create(parameters, new Shape(1, 30, 1, 1)).repeat(3, 4);
        array.setRequiresGradient(true);
        NDArray images = scratch.create(new float[] {0, 1, 100 / 255f, 1 / 255f}, new Shape(1, 1, 1, 4));
        try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
            NDArray logarithms = new DiscretizedLogisticMixture(1, 0).logProbability(array, images);
            collector.backward(logarithms.sum());
            for (float value : logarithms.toFloatArray()) {
                assertThat(value).isFinite().isNegative();
            }
        }
        for (float gradient : array.getGradient().toFloatArray()) {
            assertThat(gradient).isFinite();
        }
    }

    @Test
    void levelsAreRecoveredFromIntensitiesThatAreNotExact() {
        float[] parameters = normals(new SplittableRandom(8), 30, 1);
        NDArray array = scratch.create(parameters, new Shape(1, 30, 1, 1)).repeat(3, 2);
        float[] found = new DiscretizedLogisticMixture(1, 0)
                .logProbability(array, scratch.create(new float[] {77 / 255f, 77.3f / 255f}, new Shape(1, 1, 1, 2)))
                .toFloatArray();
        assertThat(found[1]).isEqualTo(found[0]);
    }

    @Test
    void theMeanImageWeighsTheComponentsAndFollowsTheChannelsBefore() {
        float[] parameters = new float[100];
        // Two components of weight 3/4 and 1/4; the others next to nothing.
        for (int m = 2; m < M; m++) {
            parameters[m] = -100;
        }
        parameters[0] = (float) Math.log(3);
        parameters[M] = 0.5f;
        parameters[M + 1] = -2;
        parameters[2 * M] = 0.1f;
        parameters[7 * M] = 0.3f;
        float[] means = new DiscretizedLogisticMixture(3, 0)
                .means(scratch.create(parameters, new Shape(1, 100, 1, 1)))
                .toFloatArray();
        assertThat(means[0]).isCloseTo((float) ((0.75 * 0.5 - 0.25 + 1) / 2), within(1e-6f));
        assertThat(means[1]).isCloseTo((float) ((0.75 * (0.1 + Math.tanh(0.3) * 0.5) + 1) / 2), within(1e-6f));
        assertThat(means[2]).isCloseTo(0.5f, within(1e-6f));
    }

    /**
     * A 2 x 3 image of 2 channels by hand: every mean is moved by what the neighbours miss of r, as far as they exist.
     */
    @Test
    void neighboursErrorsMoveTheMeans() {
        int channels = 2;
        int places = 6;
        DiscretizedLogisticMixture mixture = new DiscretizedLogisticMixture(channels, 4);
        SplittableRandom random = new SplittableRandom(9);
        float[] parameters = normals(random, mixture.parameters() * places, 0.5);
        int[] levels = new int[channels * places];
        float[] images = new float[levels.length];
        for (int i = 0; i < levels.length; i++) {
            levels[i] = random.nextInt(256);
            images[i] = levels[i] / 255f;
        }
        float[] found = mixture.logProbability(
                        scratch.create(parameters, new Shape(1, mixture.parameters(), 2, 3)),
                        scratch.create(images, new Shape(1, channels, 2, 3)))
                .toFloatArray();
        int r = 60;
        int[][] offsets = {{0, -1}, {-1, -1}, {-1, 0}, {-1, 1}};
        for (int place = 0; place < places; place++) {
            // The same pixel without neighbours: means carry what r and the neighbours add, and what the first
            // channel's v is more than its error.
            float[] alone = new float[60];
            for (int p = 0; p < 60; p++) {
                alone[p] = parameters[p * places + place];
            }
            for (int c = 0; c < channels; c++) {
                double moved = parameters[(r + c) * places + place];
                for (int n = 0; n < 4; n++) {
                    int row = place / 3 + offsets[n][0];
                    int column = place % 3 + offsets[n][1];
                    for (int d = 0; row >= 0 && column >= 0 && column < 3 && d < channels; d++) {
                        int there = row * 3 + column;
                        double error =
                                2.0 * levels[d * places + there] / 255 - 1 - parameters[(r + d) * places + there];
                        moved += error * parameters[(r + channels + (c * 4 + n) * channels + d) * places + place];
                    }
                }
                for (int m = 0; m < M; m++) {
                    double first = c == 0 ? 0 : Math.tanh(alone[5 * M + m]) * parameters[r * places + place];
                    alone[(1 + c) * M + m] += (float) (moved - first);
                }
            }
            double expected =
                    Math.log(reference(alone, channels, new int[] {levels[place], levels[places + place]}, channels));
            assertThat(found[place]).as("place %d", place).isCloseTo((float) expected, within(1e-4f));
        }
    }

    /**
     * The sum over all images of two pixels in a row, of one channel: what comes second is conditioned on what came
     * first.
     */
    @Test
    void theProbabilitiesOfAllImagesSumToOneWithNeighbours() {
        DiscretizedLogisticMixture mixture = new DiscretizedLogisticMixture(1, 12);
        float[] one = normals(new SplittableRandom(10), mixture.parameters() * 2, 1);
        int count = 256 * 256;
        float[] images = new float[count * 2];
        for (int i = 0; i < count; i++) {
            images[2 * i] = i / 256 / 255f;
            images[2 * i + 1] = i % 256 / 255f;
        }
        NDArray parameters =
                scratch.create(one, new Shape(1, mixture.parameters(), 1, 2)).repeat(0, count);
        float[] found = mixture.logProbability(parameters, scratch.create(images, new Shape(count, 1, 1, 2)))
                .toFloatArray();
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += Math.exp((double) found[2 * i] + found[2 * i + 1]);
        }
        assertThat(sum).isCloseTo(1, within(1e-5));
    }

    private double[] logProbabilities(float[] parameters, int channels, int[][] pixels) {
        float[] images = new float[channels * pixels.length];
        for (int i = 0; i < pixels.length; i++) {
            for (int c = 0; c < channels; c++) {
                images[c * pixels.length + i] = pixels[i][c] / 255f;
            }
        }
        NDArray array = scratch.create(parameters, new Shape(1, parameters.length, 1, 1))
                .repeat(3, pixels.length);
        float[] found = new DiscretizedLogisticMixture(channels, 0)
                .logProbability(array, scratch.create(images, new Shape(1, channels, 1, pixels.length)))
                .toFloatArray();
        double[] values = new double[found.length];
        for (int i = 0; i < found.length; i++) {
            values[i] = found[i];
        }
        return values;
    }

    private double[] probabilities(float[] parameters, int channels, int[][] pixels) {
        double[] values = logProbabilities(parameters, channels, pixels);
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.exp(values[i]);
        }
        return values;
    }

    /** p of the first {@code known} channels' levels, as differences of logistic functions. */
    private static double reference(float[] parameters, int channels, int[] levels, int known) {
        double weights = 0;
        double total = 0;
        for (int m = 0; m < M; m++) {
            double mass = Math.exp(parameters[m]);
            weights += mass;
            for (int c = 0; c < known; c++) {
                double mean = parameters[(1 + c) * M + m];
                for (int d = 0; d < c; d++) {
                    mean += Math.tanh(parameters[(1 + 2 * channels + c * (c - 1) / 2 + d) * M + m])
                            * (2.0 * levels[d] / 255 - 1);
                }
                double scale = Math.exp(Math.max(-7, parameters[(1 + channels + c) * M + m]));
                double value = 2.0 * levels[c] / 255 - 1;
                double upper = levels[c] == 255 ? 1 : 1 / (1 + Math.exp(-(value + 1.0 / 255 - mean) / scale));
                double lower = levels[c] == 0 ? 0 : 1 / (1 + Math.exp(-(value - 1.0 / 255 - mean) / scale));
                mass *= upper - lower;
            }
            total += mass;
        }
        return total / weights;
    }

    private static double sum(double[] values) {
        return java.util.Arrays.stream(values).sum();
    }
}
