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
import io.kanerva.trainer.TinyModels;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import org.apache.commons.statistics.distribution.NormalDistribution;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class KeyPosteriorTest {
    private static final NormalDistribution NORMAL = NormalDistribution.of(0, 1);

    private final NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");

    @AfterEach
    void close() {
        manager.close();
    }

    @Test
    void aDereferencedSampleNamesItsPointersSlotHoweverManyThereAreAndHoweverFarThePosteriorStrays() {
        float[] pointers = {0, 0, 0, 0, 7, 124_999, 0, 5, 16_777_215, 0, 7, 16_777_214};
        Shape shape = new Shape(1, 4, 1, 3);
        for (float mean : new float[] {-30, -4.9f, 0, 4.9f, 30}) {
            float[] keys = new KeyPosterior(TinyModels.heap())
                    .sample(
                            manager.create(pointers, shape),
                            manager.full(shape, mean),
                            manager.zeros(shape),
                            manager.ones(shape))
                    .toFloatArray();
            for (int i = 0; i < pointers.length; i++) {
                assertThat(keys[i]).isEqualTo(i % 3 == 0 ? mean + 1 : pointers[i]);
            }
        }
    }

    @Test
    void theScaleOfAnUntrainedPosteriorIsThePriorOnItsPointersSideOfZero() {
        KanervaSettings s = TinyModels.heap().withGist();
        int n = 32_000;
        Shape shape = new Shape(n, 1, 1, 3);
        float[] pointers = new float[n * 3];
        for (int i = 0; i < n; i++) {
            pointers[i * 3] = i % 2 == 0 ? 0.67f : -0.67f;
        }
        NDArray zeros = manager.zeros(shape);
        float[] keys = new KeyPosterior(s)
                .sample(
                        manager.create(pointers, shape),
                        zeros,
                        zeros,
                        manager.create(normals(new SplittableRandom(22), n * 3, 1), shape))
                .toFloatArray();
        // One sample from each of the equally likely sides in turn: together they are N(0, 1).
        double[] powers = new double[4];
        for (int i = 0; i < n; i++) {
            assertThat(keys[i * 3] > 0).isEqualTo(i % 2 == 0);
            for (int p = 0; p < 4; p++) {
                powers[p] += Math.pow(keys[i * 3], p + 1) / n;
            }
        }
        assertThat(powers[0]).isCloseTo(0, within(5 / Math.sqrt(n)));
        assertThat(powers[1]).isCloseTo(1, within(5 * Math.sqrt(2.0 / n)));
        assertThat(powers[2]).isCloseTo(0, within(5 * Math.sqrt(15.0 / n)));
        assertThat(powers[3]).isCloseTo(3, within(5 * Math.sqrt(96.0 / n)));
    }

    @ParameterizedTest
    @CsvSource({
        "DEREFERENCED, 0.0, 0.0",
        "DEREFERENCED, 0.6, -1.1",
        "DEREFERENCED, -0.9, -0.4",
        "CONTINUOUS, 0.0, 0.0",
        "CONTINUOUS, 0.6, -1.1",
        "CONTINUOUS, -0.4, 0.5"
    })
    void theDivergenceIsTheIntegralOfQLnQOverP(KeyAddressing addressing, float mean, float logVariance) {
        KanervaSettings s = TinyModels.heap(addressing, 1);
        Shape shape = new Shape(1, 8, 1, 3);
        float[] found = new KeyPosterior(s)
                .divergence(pointers(s, 1), manager.full(shape, mean), manager.full(shape, logVariance), cells(s))
                .toFloatArray();
        float[] slots = new KeySpace(s).slotKeys();
        for (int t = 0; t < 8; t++) {
            double expected = 0;
            for (int axis = 0; axis < 3; axis++) {
                expected += integral(density(s, axis, slots[t * 3 + axis], t, mean, logVariance), -9, 9);
            }
            assertThat((double) found[t]).as("slot %d", t).isCloseTo(expected, within(2e-3));
        }
    }

    @ParameterizedTest
    @EnumSource(KeyAddressing.class)
    void theLogRatioIsThatOfTheDensitiesAtTheSampledKey(KeyAddressing addressing) {
        KanervaSettings s = TinyModels.heap(addressing, 1);
        SplittableRandom random = new SplittableRandom(23);
        Shape shape = new Shape(50, 8, 1, 3);
        NDArray mean = manager.create(normals(random, 1200, 0.3), shape);
        NDArray logVariance = manager.create(normals(random, 1200, 0.3), shape);
        NDArray noise = manager.create(normals(random, 1200, 1), shape).clip(-2, 2);
        KeyPosterior posterior = new KeyPosterior(s);
        float[] keys =
                posterior.sample(pointers(s, 50), mean, logVariance, noise).toFloatArray();
        float[] found = posterior
                .logRatio(pointers(s, 50), mean, logVariance, noise, cells(s))
                .toFloatArray();
        float[] noises = noise.toFloatArray();
        float[] means = mean.toFloatArray();
        float[] logVariances = logVariance.toFloatArray();
        float[] slots = new KeySpace(s).slotKeys();
        for (int i = 0; i < found.length; i++) {
            double expected = 0;
            for (int axis = 0; axis < 3; axis++) {
                int at = i * 3 + axis;
                double key = addressing == KeyAddressing.CONTINUOUS || axis == 0
                        ? keys[at]
                        : inCell(s, axis, i % 8, means[at] + Math.exp(logVariances[at] / 2) * noises[at]);
                double q = density(s, axis, slots[i % 8 * 3 + axis], i % 8, means[at], logVariances[at])
                        .applyAsDouble(key);
                expected += NORMAL.logDensity(key) - Math.log(q);
            }
            assertThat((double) found[i]).isCloseTo(expected, within(5e-3 + 2e-3 * Math.abs(expected)));
        }
    }

    @ParameterizedTest
    @CsvSource({"DEREFERENCED, 1", "DEREFERENCED, 2", "CONTINUOUS, 1", "CONTINUOUS, 2"})
    void theMeanLogRatioOverManySamplesIsTheDivergence(KeyAddressing addressing, int keys) {
        KanervaSettings s = TinyModels.heap(addressing, keys);
        int draws = 40_000;
        SplittableRandom random = new SplittableRandom(24);
        Shape one = new Shape(1, 1, keys, 3);
        Shape all = new Shape(draws, 1, keys, 3);
        NDArray pointer = manager.create(java.util.Arrays.copyOf(new KeySpace(s).slotKeys(), keys * 3), one);
        NDArray mean = manager.create(normals(random, keys * 3, 0.7), one);
        NDArray logVariance = manager.create(normals(random, keys * 3, 0.7), one);
        KeyPosterior posterior = new KeyPosterior(s);
        double divergence =
                posterior.divergence(pointer, mean, logVariance, cells(s)).toFloatArray()[0];
        float[] ratios = posterior
                .logRatio(
                        pointer.broadcast(all),
                        mean.broadcast(all),
                        logVariance.broadcast(all),
                        manager.create(normals(random, draws * keys * 3, 1), all),
                        cells(s))
                .toFloatArray();
        double sum = 0;
        double squares = 0;
        for (float ratio : ratios) {
            sum -= ratio;
            squares += (double) ratio * ratio;
        }
        double error = Math.sqrt((squares / draws - sum / draws * sum / draws) / draws);
        assertThat(sum / draws).isCloseTo(divergence, within(5 * error));
        assertThat(error).isLessThan(0.05);
    }

    @Test
    void namingOneOfNSlotsCostsLnNNatsAKey() {
        KanervaSettings s = TinyModels.heap(KeyAddressing.DEREFERENCED, 2);
        NDArray zeros = manager.zeros(new Shape(1, 4, 2, 3));
        assertThat(new KeyPosterior(s).divergence(zeros, zeros, zeros, 8).toFloatArray())
                .containsExactly(filled(4, (float) (2 * Math.log(8))), within(1e-6f));
    }

    @ParameterizedTest
    @EnumSource(KeyAddressing.class)
    void gradientsFlowFromTheSampleToMeanAndLogVariance(KeyAddressing addressing) {
        KanervaSettings s = TinyModels.heap(addressing, 1);
        Shape shape = new Shape(1, 8, 1, 3);
        NDArray mean = manager.full(shape, 0.3f);
        NDArray logVariance = manager.full(shape, -0.2f);
        mean.setRequiresGradient(true);
        logVariance.setRequiresGradient(true);
        try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
            collector.backward(new KeyPosterior(s)
                    .sample(pointers(s, 1), mean, logVariance, manager.ones(shape))
                    .sum());
        }
        float[] slopes = mean.getGradient().toFloatArray();
        float[] widths = logVariance.getGradient().toFloatArray();
        for (int i = 0; i < slopes.length; i++) {
            if (addressing == KeyAddressing.CONTINUOUS || i % 3 == 0) {
                assertThat(slopes[i]).isFinite().isPositive();
                assertThat(widths[i]).isFinite().isPositive();
            } else {
                // The place in a slot's cell has no effect.
                assertThat(slopes[i]).isZero();
                assertThat(widths[i]).isZero();
            }
        }
    }

    private static int cells(KanervaSettings s) {
        return s.cells(s.memory().height());
    }

    /** The coordinate of a key at c inside its slot's cell. */
    private static double inCell(KanervaSettings s, int axis, int slot, double c) {
        int cells = axis == 1 ? s.slots().columns() : s.slots().rows();
        int cell = axis == 1 ? slot % s.slots().columns() : slot / s.slots().columns();
        return NORMAL.inverseCumulativeProbability((cell + NORMAL.cumulativeProbability(c)) / cells);
    }

    /** q's density on one axis, from the definition and a change of variables, in double. */
    private static DoubleUnaryOperator density(
            KanervaSettings s, int axis, float pointer, int slot, double mean, double logVariance) {
        double deviation = Math.exp(logVariance / 2);
        if (s.addressing() == KeyAddressing.CONTINUOUS) {
            return NormalDistribution.of(pointer + mean, deviation)::density;
        }
        NormalDistribution within = NormalDistribution.of(mean, deviation);
        if (axis == 0) {
            return within::density;
        }
        int cells = axis == 1 ? s.slots().columns() : s.slots().rows();
        int cell = axis == 1 ? slot % s.slots().columns() : slot / s.slots().columns();
        return y -> {
            double part = cells * NORMAL.cumulativeProbability(y) - cell;
            if (part <= 0 || part >= 1) {
                return 0;
            }
            double c = NORMAL.inverseCumulativeProbability(part);
            return within.density(c) * cells * NORMAL.density(y) / NORMAL.density(c);
        };
    }

    /** Integral of q ln(q / p) by the midpoint rule, after checking in the same way that q is a density. */
    private static double integral(DoubleUnaryOperator q, double from, double to) {
        int n = 100_000;
        double width = (to - from) / n;
        double mass = 0;
        double divergence = 0;
        for (int i = 0; i < n; i++) {
            double y = from + (i + 0.5) * width;
            double density = q.applyAsDouble(y);
            mass += density * width;
            divergence += density == 0 ? 0 : density * (Math.log(density) - NORMAL.logDensity(y)) * width;
        }
        assertThat(mass).isCloseTo(1, within(1e-3));
        return divergence;
    }

    private NDArray pointers(KanervaSettings s, int episodes) {
        return manager.create(new KeySpace(s).slotKeys(), new Shape(1, s.slots().size(), 1, 3))
                .repeat(0, episodes);
    }

    private static float[] filled(int size, float value) {
        float[] filled = new float[size];
        java.util.Arrays.fill(filled, value);
        return filled;
    }
}
