package io.kanerva.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import io.kanerva.trainer.TinyModels;
import io.kanerva.trainer.train.Preset;
import org.junit.jupiter.api.Test;

class NoWriterTest {
    private static final KanervaSettings SETTINGS = TinyModels.withoutMemory(TinyModels.heap(), 6, LatentLayout.VECTOR);

    @Test
    void withoutAMemoryTheBoundIsThatOfAVariationalAutoencoder() {
        try (KanervaModel model = new KanervaModel(SETTINGS, Device.cpu(), 71);
                NDManager scratch = model.manager().newSubManager()) {
            NDArray images = scratch.create(TinyModels.binaryImages(6, 72), new Shape(2, 3, 1, 8, 8));
            NDArray latentNoise = scratch.ones(new Shape(2, 3, 6));
            ElboTerms terms = model.pass(images, scratch.zeros(new Shape(2, 3, 1, 3)), latentNoise, false);
            assertThat(terms.klKeys().toFloatArray()).containsOnly(0f);
            ElboTerms elsewhere = model.pass(images, scratch.ones(new Shape(2, 3, 1, 3)), latentNoise, false);
            assertThat(elsewhere.reconstruction().toFloatArray())
                    .as("where a key reads does not matter")
                    .containsExactly(terms.reconstruction().toFloatArray(), within(1e-5f));
        }
    }

    @Test
    void theKeysPosteriorHasNoGradientSoItStaysThePrior() {
        try (KanervaModel model = new KanervaModel(SETTINGS, Device.cpu(), 73);
                NDManager scratch = model.manager().newSubManager()) {
            try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
                ElboTerms terms = model.pass(
                        scratch.create(TinyModels.binaryImages(3, 74), new Shape(1, 3, 1, 8, 8)),
                        scratch.ones(new Shape(1, 3, 1, 3)),
                        scratch.ones(new Shape(1, 3, 6)),
                        true);
                collector.backward(terms.reconstruction()
                        .add(terms.klKeys())
                        .add(terms.klLatent())
                        .mean());
            }
            model.parameters().forEach((name, parameter) -> {
                if (name.contains("key")) {
                    assertThat(parameter.getArray().getGradient().toFloatArray())
                            .as(name)
                            .containsOnly(0f);
                }
            });
        }
    }

    @Test
    void itHasTheEncoderAndDecoderOfTheModelThatItIsComparedWith() {
        KanervaSettings memory = Preset.named("mnist").plan().settings();
        KanervaSettings plain = Preset.named("mnist-vae").plan().settings();
        assertThat(plain.memoryFloats()).isZero();
        assertThat(plain.encoder().width()).isEqualTo(memory.encoder().width());
        assertThat(plain.encoder().depth()).isEqualTo(memory.encoder().depth());
        assertThat(plain.decoder()).isEqualTo(memory.decoder());
        try (KanervaModel with = new KanervaModel(memory, Device.cpu(), 1);
                KanervaModel without = new KanervaModel(plain, Device.cpu(), 1)) {
            // The reader's layers for a latent map are left out: they see an empty memory and so say the same of every
            // image.
            assertThat((double) encoderAndDecoder(without) / encoderAndDecoder(with))
                    .isBetween(0.9, 1.1);
        }
    }

    private static long encoderAndDecoder(KanervaModel model) {
        return model.parameters().entrySet().stream()
                .filter(entry ->
                        entry.getKey().startsWith("encoder/") || entry.getKey().startsWith("decoder/"))
                .mapToLong(entry -> entry.getValue().getShape().size())
                .sum();
    }

    @Test
    void slotsWithoutAMemoryAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new KanervaSettings(
                        WriterKind.NONE,
                        KeyAddressing.CONTINUOUS,
                        false,
                        SETTINGS.image(),
                        SETTINGS.memory(),
                        SETTINGS.block(),
                        new Grid(2, 4),
                        1,
                        0,
                        0,
                        3,
                        LatentLayout.VECTOR,
                        SETTINGS.encoder(),
                        SETTINGS.decoder(),
                        SETTINGS.likelihood()))
                .withMessage("model settings: without a memory addressing must be continuous, and there are no slots, "
                        + "found continuous and 2 x 4");
    }
}
