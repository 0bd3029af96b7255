package io.kanerva.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import io.kanerva.trainer.TinyModels;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GarbageCollectionTest {

    static Stream<KanervaSettings> settings() {
        MapShape image = new MapShape(1, 8, 8);
        MapShape memory = new MapShape(2, 8, 16);
        Grid block = new Grid(2, 2);
        EncoderSettings encoder = EncoderSettings.residual(8, 1);
        return Stream.of(
                KanervaSettings.heap(KeyAddressing.CONTINUOUS, image, memory, block, new Grid(2, 4), 4, encoder),
                KanervaSettings.pooled(image, 2, block, new Grid(2, 4), 4, encoder)
                        .withMemoryLayers(1),
                TinyModels.paper(4),
                TinyModels.colour(),
                TinyModels.colour(DecoderSettings.of(8, 1).withNeighbours(12, 2)));
    }

    @ParameterizedTest
    @MethodSource("settings")
    void gradientsDoNotDependOnWhenJavaCollectsGarbage(KanervaSettings settings) {
        try (KanervaModel model = new KanervaModel(settings, Device.cpu(), 5)) {
            Map<String, float[]> undisturbed = gradients(model, () -> {});
            for (int i = 0; i < 3; i++) {
                Map<String, float[]> disturbed = gradients(model, GarbageCollectionTest::collectAndOverwrite);
                undisturbed.forEach((name, gradient) -> assertThat(Arrays.equals(disturbed.get(name), gradient))
                        .as("gradient of %s is the same", name)
                        .isTrue());
            }
        }
    }

    /** Frees what is unreachable, then takes small pieces of native memory and fills them with NaN. */
    private static void collectAndOverwrite() {
        System.gc();
        List<ByteBuffer> pieces = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            ByteBuffer piece = ByteBuffer.allocateDirect(4).order(ByteOrder.nativeOrder());
            pieces.add(piece.putFloat(0, Float.NaN));
        }
        assertThat(pieces).hasSize(20_000);
    }

    private static Map<String, float[]> gradients(KanervaModel model, Runnable betweenForwardAndBackward) {
        SplittableRandom random = new SplittableRandom(3);
        KanervaSettings s = model.settings();
        Map<String, float[]> gradients = new LinkedHashMap<>();
        try (NDManager scratch = model.manager().newSubManager()) {
            NDArray images = scratch.create(
                    TinyModels.images(s, 2 * 3, 4), new Shape(2, 3, s.image().channels(), 8, 8));
            NDArray keyNoise = scratch.create(floats(random, 2 * 3 * 3), new Shape(2, 3, 1, 3));
            NDArray latentNoise = scratch.create(floats(random, 2 * 3 * s.latent()), new Shape(2, 3, s.latent()));
            try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
                ElboTerms terms = model.pass(images, keyNoise, latentNoise, true);
                NDArray loss = terms.reconstruction()
                        .add(terms.klKeys())
                        .add(terms.klLatent())
                        .sum();
                betweenForwardAndBackward.run();
                collector.backward(loss);
            }
            model.parameters().forEach((name, parameter) -> {
                if (!parameter.requiresGradient()) {
                    return;
                }
                try (NDArray gradient = parameter.getArray().getGradient()) {
                    gradients.put(name, gradient.toFloatArray());
                    gradient.muli(0f);
                }
            });
        }
        return gradients;
    }

    private static float[] floats(SplittableRandom random, int count) {
        float[] floats = new float[count];
        for (int i = 0; i < count; i++) {
            floats[i] = (float) random.nextGaussian();
        }
        return floats;
    }
}
