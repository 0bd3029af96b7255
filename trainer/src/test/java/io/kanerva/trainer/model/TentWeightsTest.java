package io.kanerva.trainer.model;

import static io.kanerva.trainer.TinyModels.normals;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TentWeightsTest {
    private NDManager manager;

    @BeforeEach
    @BeforeProperty
    void open() {
        manager = NDManager.newBaseManager(ai.djl.Device.cpu(), "PyTorch");
    }

    @AfterEach
    @AfterProperty
    void close() {
        manager.close();
    }

    /** Sizes and windows drawn at random; a window may be partly or completely outside. */
    private record Case(int b, int n, int c, int height, int width, int h, int w, float[] memory, float[][] windows) {
        static Case of(RandomGenerator random, int height, int width) {
            int b = 1 + random.nextInt(3);
            int n = 1 + random.nextInt(4);
            int c = 1 + random.nextInt(3);
            float[][] windows = new float[4][b * n];
            for (int i = 0; i < b * n; i++) {
                windows[0][i] = (float) random.nextDouble(-1.6, 1.6);
                windows[1][i] = (float) random.nextDouble(0.02, 1.3);
                windows[2][i] = (float) random.nextDouble(-1.6, 1.6);
                windows[3][i] = (float) random.nextDouble(0.02, 1.3);
            }
            return new Case(
                    b,
                    n,
                    c,
                    height,
                    width,
                    1 + random.nextInt(8),
                    1 + random.nextInt(8),
                    normals(random, b * c * height * width, 1),
                    windows);
        }

        NDArray memoryIn(NDManager manager) {
            return manager.create(memory, new Shape(b, c, height, width));
        }

        Windows windowsIn(NDManager manager) {
            Shape shape = new Shape(b, n);
            return new Windows(
                    manager.create(windows[0], shape),
                    manager.create(windows[1], shape),
                    manager.create(windows[2], shape),
                    manager.create(windows[3], shape));
        }

        double[][] channel(int episode, int channel) {
            double[][] out = new double[height][width];
            for (int row = 0; row < height; row++) {
                for (int column = 0; column < width; column++) {
                    out[row][column] = memory[((episode * c + channel) * height + row) * width + column];
                }
            }
            return out;
        }
    }

    @Property(tries = 150, seed = "11")
    void theReadIsBilinearSamplingWithZerosOutside(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 24) int height,
            @ForAll @IntRange(min = 1, max = 40) int width) {
        try (NDManager scratch = manager.newSubManager()) {
            Case drawn = Case.of(new SplittableRandom(seed), height, width);
            NDArray traces = TentWeights.read(drawn.memoryIn(scratch), drawn.windowsIn(scratch), drawn.h, drawn.w);
            assertThat(traces.getShape()).isEqualTo(new Shape(drawn.b, drawn.n, drawn.c, drawn.h, drawn.w));
            float[] found = traces.toFloatArray();
            int at = 0;
            for (int b = 0; b < drawn.b; b++) {
                for (int n = 0; n < drawn.n; n++) {
                    int i = b * drawn.n + n;
                    for (int c = 0; c < drawn.c; c++) {
                        double[][] window = BilinearSampler.window(
                                drawn.channel(b, c),
                                drawn.windows[0][i],
                                drawn.windows[1][i],
                                drawn.windows[2][i],
                                drawn.windows[3][i],
                                drawn.h,
                                drawn.w);
                        for (double[] row : window) {
                            for (double expected : row) {
                                // float32 coordinates of up to 60 pixels are good to 4e-6, the slope is at most about
                                // 6.
                                assertThat((double) found[at++]).isCloseTo(expected, within(5e-5));
                            }
                        }
                    }
                }
            }
        }
    }

    /** The write, with tent weights computed for its windows. */
    private static NDArray place(NDArray blocks, Windows windows, int height, int width) {
        Shape shape = blocks.getShape();
        long batches = windows.centreX().getShape().get(0);
        NDArray rows = TentWeights.matrix(windows.centreY(), windows.halfY(), (int) shape.get(3), height)
                .reshape(batches, shape.get(1) * shape.get(3), height)
                .transpose(0, 2, 1);
        NDArray columns = TentWeights.matrix(windows.centreX(), windows.halfX(), (int) shape.get(4), width);
        return TentWeights.place(blocks, rows, columns);
    }

    @Property(tries = 150, seed = "12")
    void theWriteIsTheAdjointOfTheRead(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 24) int height,
            @ForAll @IntRange(min = 1, max = 40) int width) {
        try (NDManager scratch = manager.newSubManager()) {
            SplittableRandom random = new SplittableRandom(seed);
            Case drawn = Case.of(random, height, width);
            float[] blocks = normals(random, drawn.b * drawn.n * drawn.c * drawn.h * drawn.w, 1);
            Windows windows = drawn.windowsIn(scratch);
            NDArray placed = place(
                    scratch.create(blocks, new Shape(drawn.b, drawn.n, drawn.c, drawn.h, drawn.w)),
                    windows,
                    height,
                    width);
            assertThat(placed.getShape()).isEqualTo(new Shape(drawn.b, drawn.c, height, width));
            float[] read = TentWeights.read(drawn.memoryIn(scratch), windows, drawn.h, drawn.w)
                    .toFloatArray();
            double scale = norm(blocks) * norm(read) + norm(placed.toFloatArray()) * norm(drawn.memory) + 1e-3;
            assertThat(inner(placed.toFloatArray(), drawn.memory)).isCloseTo(inner(blocks, read), within(2e-6 * scale));
        }
    }

    @Test
    void oneSetOfWindowsServesAllEpisodesOfAWrite() {
        SplittableRandom random = new SplittableRandom(5);
        float[][] windows = {{-0.4f, 0.5f}, {0.3f, 0.2f}, {0.1f, -0.6f}, {0.5f, 0.25f}};
        NDArray blocks = manager.create(normals(random, 3 * 2 * 2 * 3 * 4, 1), new Shape(3, 2, 2, 3, 4));
        NDArray shared = place(blocks, windows(windows, 1), 6, 9);
        NDArray repeated = place(blocks, windows(windows, 3), 6, 9);
        assertThat(shared.toFloatArray()).containsExactly(repeated.toFloatArray(), within(1e-6f));
    }

    @Test
    void theGradientOfAReadReachesTheMemoryAsTheWriteSays() {
        SplittableRandom random = new SplittableRandom(6);
        Case drawn = Case.of(random, 7, 11);
        NDArray memory = drawn.memoryIn(manager);
        memory.setRequiresGradient(true);
        NDArray weights = manager.create(
                normals(random, drawn.b * drawn.n * drawn.c * drawn.h * drawn.w, 1),
                new Shape(drawn.b, drawn.n, drawn.c, drawn.h, drawn.w));
        try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
            collector.backward(TentWeights.read(memory, drawn.windowsIn(manager), drawn.h, drawn.w)
                    .mul(weights)
                    .sum());
        }
        float[] expected = place(weights, drawn.windowsIn(manager), 7, 11).toFloatArray();
        assertThat(memory.getGradient().toFloatArray()).containsExactly(expected, within(1e-5f));
    }

    @Test
    void theGradientOfAReadReachesEverySideOfTheWindow() {
        double[][] channel = new double[9][13];
        SplittableRandom random = new SplittableRandom(7);
        float[] memory = normals(random, 9 * 13, 1);
        for (int i = 0; i < memory.length; i++) {
            channel[i / 13][i % 13] = memory[i];
        }
        float[] window = {0.13f, 0.41f, -0.22f, 0.37f};
        NDArray[] sides = new NDArray[4];
        for (int side = 0; side < 4; side++) {
            sides[side] = manager.create(new float[] {window[side]}, new Shape(1, 1));
            sides[side].setRequiresGradient(true);
        }
        try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
            NDArray traces = TentWeights.read(
                    manager.create(memory, new Shape(1, 1, 9, 13)),
                    new Windows(sides[0], sides[1], sides[2], sides[3]),
                    4,
                    5);
            collector.backward(traces.square().sum());
        }
        for (int side = 0; side < 4; side++) {
            double step = 1e-5;
            double slope = (energy(channel, window, side, step) - energy(channel, window, side, -step)) / (2 * step);
            assertThat((double) sides[side].getGradient().toFloatArray()[0])
                    .as("side %d", side)
                    .isCloseTo(slope, within(1e-3 * Math.abs(slope) + 1e-3));
        }
    }

    private static double energy(double[][] channel, float[] window, int side, double step) {
        double[] moved = new double[4];
        for (int i = 0; i < 4; i++) {
            moved[i] = window[i] + (i == side ? step : 0);
        }
        double sum = 0;
        for (double[] row : BilinearSampler.window(channel, moved[0], moved[1], moved[2], moved[3], 4, 5)) {
            for (double value : row) {
                sum += value * value;
            }
        }
        return sum;
    }

    private Windows windows(float[][] values, int times) {
        NDArray[] sides = new NDArray[4];
        for (int i = 0; i < 4; i++) {
            sides[i] = manager.create(values[i], new Shape(1, values[i].length)).repeat(0, times);
        }
        return new Windows(sides[0], sides[1], sides[2], sides[3]);
    }

    private static double inner(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    private static double norm(float[] a) {
        return Math.sqrt(inner(a, a));
    }
}
