package io.kanerva.trainer.model;

import static io.kanerva.trainer.TinyModels.normals;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.kanerva.trainer.TinyModels;
import io.kanerva.trainer.train.Preset;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.apache.commons.statistics.distribution.NormalDistribution;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class KeySpaceTest {
    private static final NormalDistribution NORMAL = NormalDistribution.of(0, 1);

    private final NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");

    @AfterEach
    void close() {
        manager.close();
    }

    static Stream<KanervaSettings> heaps() {
        return Stream.concat(
                        Preset.all().stream()
                                .map(preset -> preset.plan().settings())
                                .distinct(),
                        Stream.of(TinyModels.heap()))
                .filter(settings -> settings.writer() == WriterKind.HEAP);
    }

    @ParameterizedTest
    @MethodSource("heaps")
    void aWrittenBlockLiesInItsSlotsRectangleOfTheMemoryToTheBit(KanervaSettings s) {
        int samples = s.capacity() - 1;
        int block = s.block().rows() * s.block().columns();
        int channels = s.memory().channels();
        float[] content = normals(new SplittableRandom(3), 2 * samples * s.keys() * channels * block, 1);
        float[] memory;
        try (KanervaModel model = new KanervaModel(s, Device.cpu(), 1)) {
            memory = model.write(manager.create(content, s.blockShape(2, samples)), false)
                    .memory()
                    .toFloatArray();
        }
        int height = s.memoryHeight(samples);
        float[] expected = new float[2 * channels * height * s.memory().width()];
        for (int i = 0; i < content.length; i++) {
            int slot = i / (channels * block) % (samples * s.keys());
            int y = slot / s.slots().columns() * s.block().rows()
                    + i / s.block().columns() % s.block().rows();
            int x = slot % s.slots().columns() * s.block().columns()
                    + i % s.block().columns();
            int plane = i / (content.length / 2) * channels + i / block % channels;
            expected[(plane * height + y) * s.memory().width() + x] = content[i];
        }
        assertThat(memory).isEqualTo(expected);
    }

    @ParameterizedTest
    @MethodSource("heaps")
    void aKeyAnywhereInACellReadsTheBlockOfItsSlotToTheBit(KanervaSettings s) {
        SplittableRandom random = new SplittableRandom(4);
        int n = 200 * s.keys();
        float[] keys = normals(random, 2 * n * KeySpace.KEY, 1);
        int[] slots = new int[2 * n];
        for (int i = 0; i < 2 * n; i++) {
            int column = random.nextInt(s.slots().columns());
            int row = random.nextInt(s.slots().rows());
            slots[i] = row * s.slots().columns() + column;
            keys[i * 3] = Math.abs(keys[i * 3]);
            keys[i * 3 + 1] = (float) NORMAL.inverseCumulativeProbability(
                    (column + 1e-4 + 0.9998 * random.nextDouble()) / s.slots().columns());
            keys[i * 3 + 2] = (float) NORMAL.inverseCumulativeProbability(
                    (row + 1e-4 + 0.9998 * random.nextDouble()) / s.slots().rows());
        }
        float[] memory = normals(random, 2 * s.memoryFloats(), 1);
        float[] traces;
        try (KanervaModel model = new KanervaModel(s, Device.cpu(), 1)) {
            NDArray planes = manager.create(memory, s.memory().shape(2));
            NDArray drawn = manager.create(keys, new Shape(2, n / s.keys(), s.keys(), 3));
            traces = model.read(planes, model.dereference(drawn, planes), false)
                    .traces()
                    .toFloatArray();
        }
        float[] expected = new float[traces.length];
        int block = s.block().rows() * s.block().columns();
        int channels = s.memory().channels();
        for (int i = 0; i < expected.length; i++) {
            int slot = slots[i / (channels * block)];
            int y = slot / s.slots().columns() * s.block().rows()
                    + i / s.block().columns() % s.block().rows();
            int x = slot % s.slots().columns() * s.block().columns()
                    + i % s.block().columns();
            int plane = i / (n * channels * block) * channels + i / block % channels;
            expected[i] = memory[(plane * s.memory().height() + y) * s.memory().width() + x];
        }
        assertThat(traces).isEqualTo(expected);
    }

    @Test
    void aMillionSlotsAreToldApart() {
        int rows = 125_000;
        KanervaSettings s = KanervaSettings.heap(
                new MapShape(1, 2, 2),
                new MapShape(1, 1, 8),
                new Grid(1, 1),
                new Grid(1, 8),
                1,
                EncoderSettings.residual(1, 1));
        float[] memory = new float[rows * 8];
        for (int slot = 0; slot < memory.length; slot++) {
            memory[slot] = slot;
        }
        NDArray planes = manager.create(memory, new Shape(1, 1, rows, 8));
        SplittableRandom random = new SplittableRandom(6);
        int n = 2000;
        float[] keys = normals(random, n * 3, 1);
        NDArray drawn = manager.create(keys, new Shape(1, n, 1, 3));
        try (KanervaModel model = new KanervaModel(s, Device.cpu(), 1)) {
            NDArray places = model.dereference(drawn, planes);
            float[] found = model.read(planes, places, false).traces().toFloatArray();
            for (int i = 0; i < n; i++) {
                double x = 8 * NORMAL.cumulativeProbability(keys[i * 3 + 1]);
                double y = rows * NORMAL.cumulativeProbability(keys[i * 3 + 2]);
                if (Math.abs(x - Math.rint(x)) > 0.01 && Math.abs(y - Math.rint(y)) > 0.01) {
                    assertThat(found[i]).isEqualTo((float) ((int) y * 8 + (int) x));
                }
            }
            // What is written there comes back from there, from the first slot to the last.
            WriterOutput written = model.write(manager.create(memory, new Shape(1, memory.length, 1, 1, 1, 1)), false);
            assertThat(written.memory().getShape()).isEqualTo(planes.getShape());
            assertThat(model.read(written.memory(), written.pointers(), false)
                            .traces()
                            .toFloatArray())
                    .isEqualTo(memory);
        }
    }

    @ParameterizedTest
    @MethodSource("heaps")
    void thePriorFallsIntoEveryCellEquallyOften(KanervaSettings s) {
        int n = 320_000;
        SplittableRandom random = new SplittableRandom(8);
        float[] columns = KeySpace.cell(
                        manager.create(normals(random, n, 1)), s.slots().columns())
                .toFloatArray();
        float[] rows = KeySpace.cell(
                        manager.create(normals(random, n, 1)), s.slots().rows())
                .toFloatArray();
        int[] counts = new int[s.slots().size()];
        for (int i = 0; i < n; i++) {
            counts[(int) rows[i] * s.slots().columns() + (int) columns[i]]++;
        }
        double expected = n / (double) s.slots().size();
        for (int count : counts) {
            assertThat((double) count).isCloseTo(expected, within(5 * Math.sqrt(expected)));
        }
    }

    @Test
    void keysFarOutBelongToTheOutermostCells() {
        NDArray keys = manager.create(new float[] {-1e30f, -40, 40, 1e30f});
        assertThat(KeySpace.cell(keys, 8).toFloatArray()).containsExactly(0, 0, 7, 7);
        assertThat(KeySpace.cell(keys, 1).toFloatArray()).containsExactly(new float[4], within(0f));
    }

    @Test
    void aContinuousWindowStaysInsideTheMemoryWhateverTheKey() {
        SplittableRandom random = new SplittableRandom(9);
        float[] keys = normals(random, 3000 * 3, 1);
        for (int i = 3000; i < 6000; i++) {
            keys[i] *= 1000;
        }
        KanervaSettings s = TinyModels.pooled(1);
        Windows windows = new KeySpace(s).windows(manager.create(keys, new Shape(1, 3000, 3)));
        assertInside(
                windows.centreX(),
                windows.halfX(),
                s.block().columns() / (double) s.memory().width());
        assertInside(
                windows.centreY(),
                windows.halfY(),
                s.block().rows() / (double) s.memory().height());
    }

    @Test
    void aContinuousKeySquashesScaleAndCentreAsDocumented() {
        KanervaSettings s = TinyModels.heap(KeyAddressing.CONTINUOUS, 1);
        Windows windows = new KeySpace(s).windows(manager.create(new float[] {0.7f, -0.4f, 1.3f}, new Shape(1, 1, 3)));
        double stretch = Math.exp(0.25 * Math.tanh(0.7));
        double halfX = stretch * 4 / 16;
        double halfY = stretch * 4 / 8;
        assertThat((double) windows.halfX().toFloatArray()[0]).isCloseTo(halfX, within(1e-6));
        assertThat((double) windows.halfY().toFloatArray()[0]).isCloseTo(halfY, within(1e-6));
        // erf(x / sqrt 2) = 2 Phi(x) - 1
        assertThat((double) windows.centreX().toFloatArray()[0])
                .isCloseTo((1 - halfX) * (2 * NORMAL.cumulativeProbability(-0.4) - 1), within(1e-6));
        assertThat((double) windows.centreY().toFloatArray()[0])
                .isCloseTo((1 - halfY) * (2 * NORMAL.cumulativeProbability(1.3) - 1), within(1e-6));
    }

    private static void assertInside(NDArray centres, NDArray halves, double unstretched) {
        float[] centre = centres.toFloatArray();
        float[] half = halves.toFloatArray();
        for (int i = 0; i < centre.length; i++) {
            assertThat(Math.abs(centre[i]) + half[i]).isLessThanOrEqualTo(1 + 1e-6f);
            assertThat((double) half[i])
                    .isBetween(unstretched * Math.exp(-0.25) - 1e-6, unstretched * Math.exp(0.25) + 1e-6);
        }
    }
}
