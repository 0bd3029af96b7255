package io.kanerva.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import io.kanerva.trainer.model.KanervaModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The presets whose numbers are published: a change of one of these values would make them another experiment. */
class PresetTest {

    /**
     * Each preset's data set, parameters, floats of memory, episodes, steps, learning rate, gradient norm, rotation.
     */
    private static final String PRESETS = """
            quickstart, fashion-mnist, 191664, 15680, 2, 2000, 0.004, 200, 0
            mnist, mnist, 327936, 15680, 4, 8000, 0.004, 200, 0
            mnist-3200, mnist, 468216, 3136, 4, 20000, 0.004, 200, 0
            mnist-98-bits, mnist, 467287, 1568, 1, 5000, 0.0015, 200, 0
            mnist-196-bits, mnist, 468216, 3136, 1, 3500, 0.0015, 200, 0
            mnist-392-bits, mnist, 470074, 6272, 1, 3500, 0.0015, 200, 0
            omniglot, omniglot, 327936, 15680, 4, 8000, 0.004, 200, 8
            omniglot-3200, omniglot, 468216, 3136, 4, 20000, 0.004, 200, 8
            fashion-mnist, fashion-mnist, 327936, 15680, 4, 8000, 0.004, 200, 0
            cifar10, cifar10, 700570, 16384, 1, 3000, 0.001, 5000, 0
            cifar10-pooled, cifar10, 698872, 15708, 1, 3000, 0.001, 5000, 0
            mnist-pooled, mnist, 325149, 15435, 1, 6000, 0.004, 200, 0
            omniglot-pooled, omniglot, 325149, 15435, 1, 6000, 0.004, 200, 8
            mnist-gist, mnist, 476648, 15680, 4, 8000, 0.001, 200, 0
            omniglot-gist, omniglot, 476648, 15680, 4, 8000, 0.001, 200, 8
            fashion-mnist-gist, fashion-mnist, 476648, 15680, 4, 8000, 0.001, 200, 0
            mnist-vae, mnist, 475422, 0, 4, 8000, 0.001, 200, 0
            omniglot-vae, omniglot, 475422, 0, 4, 8000, 0.001, 200, 8
            cifar10-vae, cifar10, 854026, 0, 1, 3000, 0.001, 5000, 0
            omniglot-charged, omniglot, 402010, 196, 5, 1500, 0.002, 200, 8
            omniglot-charged-vae, omniglot, 544038, 0, 5, 1500, 0.002, 200, 8
            mnist-charged, mnist, 402010, 196, 5, 700, 0.002, 200, 0
            mnist-charged-vae, mnist, 544038, 0, 5, 700, 0.002, 200, 0
            mnist-4-keys, mnist, 327248, 12544, 4, 8000, 0.004, 200, 0
            mnist-8-keys, mnist, 328808, 12544, 4, 8000, 0.004, 200, 0
            paper-mnist, mnist, 11355997, 15435, 1, 20000, 0.002, 200, 0
            paper-mnist-half, mnist, 2971261, 15435, 1, 3000, 0.002, 200, 0
            paper-mnist-4-keys, mnist, 11366608, 14994, 1, 20000, 0.002, 200, 0
            paper-mnist-8-keys, mnist, 11378920, 14161, 1, 20000, 0.002, 200, 0
            paper-omniglot, omniglot, 11355997, 15435, 1, 20000, 0.002, 200, 0
            paper-cifar10, cifar10, 11865711, 14400, 1, 8000, 0.001, 5000, 0
            """;

    @ParameterizedTest
    @CsvSource(textBlock = PRESETS)
    void aPresetIsTheExperimentThatItWas(
            String id,
            String data,
            long parameters,
            int memoryFloats,
            int episodes,
            int steps,
            double learningRate,
            double gradientNorm,
            double rotation) {
        TrainingPlan plan = Preset.named(id).plan();
        assertThat(plan.data()).isEqualTo(data);
        assertThat(plan.settings().memoryFloats()).isEqualTo(memoryFloats);
        assertThat(plan.episodes()).isEqualTo(episodes);
        assertThat(plan.steps()).isEqualTo(steps);
        assertThat(plan.learningRate()).isEqualTo(learningRate);
        assertThat(plan.gradientNorm()).isEqualTo(gradientNorm);
        assertThat(plan.augment().rotation()).isEqualTo(rotation);
        try (KanervaModel model = new KanervaModel(plan.settings(), Device.cpu(), plan.seed())) {
            assertThat(model.parameterCount()).isEqualTo(parameters);
        }
    }

    @Test
    void everyPresetIsInTheTable() {
        assertThat(Preset.all())
                .extracting(Preset::id)
                .containsExactlyInAnyOrderElementsOf(PRESETS.lines()
                        .map(row -> row.substring(0, row.indexOf(',')))
                        .toList());
    }
}
