package io.kanerva.trainer.model;

import static io.kanerva.trainer.TinyModels.normals;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import io.kanerva.trainer.TinyModels;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class KanervaModelTest {

    static Stream<KanervaSettings> settings() {
        return Stream.concat(withoutBatchStatistics(), Stream.of(TinyModels.paper(1)));
    }

    /** Models whose bound is the same in training and at test, so that slopes can be measured. */
    static Stream<KanervaSettings> withoutBatchStatistics() {
        return Stream.of(
                TinyModels.heap(),
                TinyModels.heap(KeyAddressing.CONTINUOUS, 2),
                TinyModels.pooled(2),
                TinyModels.charged(),
                TinyModels.colour());
    }

    @ParameterizedTest
    @MethodSource("withoutBatchStatistics")
    void theGradientOfTheBoundIsItsSlopeInEveryParameter(KanervaSettings s) {
        try (KanervaModel model = TinyModels.randomised(s, 51);
                NDManager scratch = model.manager().newSubManager()) {
            SplittableRandom random = new SplittableRandom(52);
            NDArray images = scratch.create(
                    TinyModels.images(s, 8, 53), new Shape(2, 4, s.image().channels(), 8, 8));
            NDArray keyNoise =
                    scratch.create(normals(random, (int) s.readNoiseShape(2, 4).size(), 1), s.readNoiseShape(2, 4));
            NDArray latentNoise = scratch.create(normals(random, 8 * s.latent(), 1), new Shape(2, 4, s.latent()));
            try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
                ElboTerms terms = model.pass(images, keyNoise, latentNoise, true);
                collector.backward(terms.reconstruction()
                        .add(terms.klKeys())
                        .add(terms.klLatent())
                        .mean());
            }
            Map<String, float[]> gradients = new LinkedHashMap<>();
            model.parameters()
                    .forEach((name, parameter) -> gradients.put(
                            name, parameter.getArray().getGradient().toFloatArray()));
            for (Map.Entry<String, Parameter> entry : model.parameters().entrySet()) {
                float[] gradient = gradients.get(entry.getKey());
                NDArray array = entry.getValue().getArray();
                float[] here = array.toFloatArray();
                double norm = Math.sqrt(sum(gradient, gradient));
                if (s.charged()
                        && entry.getKey().startsWith("encoder/")
                        && entry.getKey().contains("key_")) {
                    assertThat(norm).as("a charged memory has no keys").isZero();
                    continue;
                }
                assertThat(norm)
                        .as("norm of the gradient of %s", entry.getKey())
                        .isGreaterThan(0);
                // Along the gradient itself the slope is its norm. A longer step would cross a kink of a tent or a relu
                // here
                // and there; a shorter one would drown in float32's noise, about 1e-6 in a bound near 50, and in
                // proportion.
                double step = s.likelihood() == ImageLikelihood.BERNOULLI ? 2e-4 : 2e-3;
                double slope = (bound(model, array, moved(here, gradient, step / norm), images, keyNoise, latentNoise)
                                - bound(
                                        model,
                                        array,
                                        moved(here, gradient, -step / norm),
                                        images,
                                        keyNoise,
                                        latentNoise))
                        / (2 * step);
                TinyModels.set(array, here);
                assertThat(slope)
                        .as(entry.getKey())
                        .isCloseTo(norm, within(0.02 * norm + 1e-4 * s.image().size()));
            }
        }
    }

    private static double bound(
            KanervaModel model,
            NDArray parameter,
            float[] values,
            NDArray images,
            NDArray keyNoise,
            NDArray latentNoise) {
        TinyModels.set(parameter, values);
        ElboTerms terms = model.pass(images, keyNoise, latentNoise, false);
        double sum = 0;
        for (NDArray term : new NDArray[] {terms.reconstruction(), terms.klKeys(), terms.klLatent()}) {
            for (float value : term.toFloatArray()) {
                sum += value;
            }
        }
        return sum / terms.reconstruction().size();
    }

    private static float[] moved(float[] from, float[] direction, double by) {
        float[] moved = new float[from.length];
        for (int i = 0; i < from.length; i++) {
            moved[i] = (float) (from[i] + by * direction[i]);
        }
        return moved;
    }

    private static double sum(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    @ParameterizedTest
    @MethodSource("settings")
    void theSameSeedGivesTheSameWeightsAndAnotherSeedOthers(KanervaSettings s) {
        assertThat(weights(s, 7)).isEqualTo(weights(s, 7)).isNotEqualTo(weights(s, 8));
    }

    private static Map<String, java.util.List<Float>> weights(KanervaSettings s, long seed) {
        Map<String, java.util.List<Float>> weights = new LinkedHashMap<>();
        try (KanervaModel model = new KanervaModel(s, Device.cpu(), seed)) {
            model.parameters().forEach((name, parameter) -> {
                java.util.List<Float> numbers = new java.util.ArrayList<>();
                for (float number : parameter.getArray().toFloatArray()) {
                    numbers.add(number);
                }
                weights.put(name, numbers);
            });
        }
        return weights;
    }

    @ParameterizedTest
    @MethodSource("settings")
    void everyPassLeavesNothingBehindInTheModelsManager(KanervaSettings s) {
        try (KanervaModel model = TinyModels.randomised(s, 54)) {
            int before = model.manager().getManagedArrays().size();
            int beforeInSystem =
                    model.manager().getParentManager().getManagedArrays().size();
            try (NDManager scratch = model.manager().newSubManager()) {
                model.pass(
                        scratch.zeros(new Shape(1, 2, s.image().channels(), 8, 8)),
                        scratch.zeros(s.readNoiseShape(1, 2)),
                        scratch.zeros(new Shape(1, 2, s.latent())),
                        false);
            }
            assertThat(model.manager().getManagedArrays()).hasSize(before);
            assertThat(model.manager().getParentManager().getManagedArrays()).hasSize(beforeInSystem);
        }
    }

    @Test
    void closingAModelGivesBackItsArrays() {
        NDManager system = Engine.getEngine("PyTorch").newBaseManager().getParentManager();
        int before = system.getManagedArrays().size();
        new KanervaModel(TinyModels.heap(), Device.cpu(), 1).close();
        assertThat(system.getManagedArrays()).hasSize(before);
    }

    @Test
    void anUntrainedPosteriorIsThePriorMovedToThePointer() {
        try (KanervaModel model = new KanervaModel(TinyModels.heap(), Device.cpu(), 55);
                NDManager scratch = model.manager().newSubManager()) {
            ElboTerms terms = model.pass(
                    scratch.ones(new Shape(1, 8, 1, 8, 8)),
                    scratch.zeros(new Shape(1, 8, 1, 3)),
                    scratch.zeros(new Shape(1, 8, 3)),
                    false);
            for (int i = 0; i < 8; i++) {
                assertThat(terms.klKeys().toFloatArray()[i]).isCloseTo((float) Math.log(8), within(1e-6f));
                assertThat(terms.klLatent().toFloatArray()[i]).isZero();
            }
        }
    }

    @Test
    void imagesOfAnotherShapeAreRefused() {
        try (KanervaModel model = new KanervaModel(TinyModels.heap(), Device.cpu(), 56);
                NDManager scratch = model.manager().newSubManager()) {
            for (Shape wrong : new Shape[] {
                new Shape(1, 2, 1, 8, 9),
                new Shape(1, 2, 3, 8, 8),
                new Shape(2, 1, 8, 8),
                new Shape(1, 0, 1, 8, 8),
                new Shape(0, 2, 1, 8, 8)
            }) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> model.encode(scratch.zeros(wrong), false))
                        .withMessage("images: expected [B, T, 1, 8, 8] with B and T at least 1, found " + wrong);
            }
        }
    }
}
