package io.kanerva.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import io.kanerva.trainer.TinyModels;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FewBitsTest {
    private static final float[] VALUES = {-1, -0.7f, -0.3f, -0.01f, 0.01f, 0.34f, 0.6f, 1};

    @Test
    void aNumberBecomesTheNearestLevelInTrainingAndAfterIt() {
        assertRounded(1, -1, -1, -1, -1, 1, 1, 1, 1);
        assertRounded(2, -1, -1, -1 / 3f, -1 / 3f, 1 / 3f, 1 / 3f, 1 / 3f, 1);
        assertRounded(3, -1, -5 / 7f, -3 / 7f, -1 / 7f, 1 / 7f, 3 / 7f, 5 / 7f, 1);
    }

    private static void assertRounded(int bits, float... levels) {
        try (NDManager scratch = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            NDArray values = scratch.create(VALUES);
            float[] rounded = Layers.rounded(values, bits, false).toFloatArray();
            assertThat(rounded).containsExactly(levels, within(1e-7f));
            assertThat(Layers.rounded(values, bits, true).toFloatArray()).isEqualTo(rounded);
        }
    }

    @Test
    void aGradientPassesStraightThrough() {
        try (NDManager scratch = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            NDArray values = scratch.create(VALUES);
            values.setRequiresGradient(true);
            NDArray weights = scratch.create(new float[] {1, 2, 3, 4, 5, 6, 7, 8});
            try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
                collector.backward(Layers.rounded(values, 1, true).mul(weights).sum());
            }
            assertThat(values.getGradient().toFloatArray()).isEqualTo(weights.toFloatArray());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 16})
    void aMemoryHoldsLevelsAloneAndTrainingSeesThem(int bits) {
        KanervaSettings s = TinyModels.heap().withBits(bits);
        int levels = (1 << bits) - 1;
        try (KanervaModel model = TinyModels.randomised(s, 1);
                NDManager scratch = model.manager().newSubManager()) {
            NDArray images = scratch.create(TinyModels.images(s, 8, 2), new Shape(1, 8, 1, 8, 8));
            float[] memory = memory(model, images, false);
            for (float value : memory) {
                double index = (value + 1.0) * levels / 2;
                assertThat(index).isCloseTo(Math.rint(index), within(1e-2));
                assertThat(value).isBetween(-1f, 1f);
            }
            assertThat(memory).hasSize(256);
            assertThat(memory(model, images, true)).containsExactly(memory, within(1e-6f));
        }
    }

    private static float[] memory(KanervaModel model, NDArray images, boolean training) {
        return model.write(model.encode(images, training).content(), training)
                .memory()
                .toFloatArray();
    }
}
