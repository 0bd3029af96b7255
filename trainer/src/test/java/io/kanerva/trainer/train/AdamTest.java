package io.kanerva.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import io.kanerva.trainer.TinyModels;
import io.kanerva.trainer.model.KanervaModel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** {@link Adam} against the same update in double, number by number. */
class AdamTest {

    /**
     * Adam as written down in {@link Adam}: bias corrections in the step's size, epsilon added to the uncorrected root.
     */
    private static final class Naive {
        final double[] weight;
        final double[] mean;
        final double[] variance;

        Naive(float[] start) {
            weight = new double[start.length];
            mean = new double[start.length];
            variance = new double[start.length];
            for (int i = 0; i < start.length; i++) {
                weight[i] = start[i];
            }
        }

        void update(int update, double learningRate, float[] gradient, double scale) {
            double size = learningRate * Math.sqrt(1 - Math.pow(0.999, update)) / (1 - Math.pow(0.9, update));
            for (int i = 0; i < weight.length; i++) {
                double g = gradient[i] * scale;
                mean[i] = 0.9 * mean[i] + 0.1 * g;
                variance[i] = 0.999 * variance[i] + 0.001 * g * g;
                weight[i] -= size * mean[i] / (Math.sqrt(variance[i]) + 1e-8);
            }
        }
    }

    /** Makes the gradient of each parameter what is asked for, through the engine's own backward pass. */
    private static void setGradients(KanervaModel model, Map<String, float[]> gradients) {
        try (NDManager scratch = model.manager().newSubManager();
                GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
            NDArray loss = scratch.create(0f);
            for (Map.Entry<String, float[]> gradient : gradients.entrySet()) {
                NDArray parameter = model.parameters().get(gradient.getKey()).getArray();
                loss = loss.add(scratch.create(gradient.getValue(), parameter.getShape())
                        .mul(parameter)
                        .sum());
            }
            collector.backward(loss);
        }
    }

    private static Map<String, float[]> gradients(KanervaModel model, SplittableRandom random, double deviation) {
        Map<String, float[]> gradients = new LinkedHashMap<>();
        model.parameters()
                .forEach((name, parameter) -> gradients.put(
                        name,
                        TinyModels.normals(
                                random, Math.toIntExact(parameter.getShape().size()), deviation)));
        return gradients;
    }

    private static double norm(Map<String, float[]> gradients) {
        double sum = 0;
        for (float[] gradient : gradients.values()) {
            for (float value : gradient) {
                sum += (double) value * value;
            }
        }
        return Math.sqrt(sum);
    }

    @Test
    void updatesWithAndWithoutClippingAreThoseOfTheFormulaInDouble() {
        try (KanervaModel model = TinyModels.randomised(TinyModels.pooled(1), 61);
                Adam adam = new Adam(model)) {
            Map<String, Naive> naive = new LinkedHashMap<>();
            model.parameters()
                    .forEach((name, parameter) ->
                            naive.put(name, new Naive(parameter.getArray().toFloatArray())));
            SplittableRandom random = new SplittableRandom(62);
            double largest = 5;
            int clipped = 0;
            for (int update = 1; update <= 8; update++) {
                Map<String, float[]> gradients = gradients(model, random, update % 3 == 0 ? 1 : 0.01);
                double norm = norm(gradients);
                clipped += norm > largest ? 1 : 0;
                double learningRate = 0.01 / update;
                setGradients(model, gradients);
                assertThat(adam.update(update, learningRate, largest)).isCloseTo(norm, within(1e-5 * norm));
                for (String name : naive.keySet()) {
                    naive.get(name).update(update, learningRate, gradients.get(name), Math.min(1, largest / norm));
                    assertThat(doubles(model.parameters().get(name).getArray()))
                            .as("%s after update %d", name, update)
                            .containsExactly(naive.get(name).weight, within(2e-6));
                    assertThat(doubles(adam.means().get(name)))
                            .as("mean of %s", name)
                            .containsExactly(naive.get(name).mean, within(1e-6));
                    assertThat(doubles(adam.variances().get(name)))
                            .as("variance of %s", name)
                            .containsExactly(naive.get(name).variance, within(1e-7));
                }
            }
            assertThat(clipped).as("updates that were clipped").isEqualTo(2);
        }
    }

    @Test
    void theFirstUpdateMovesAWeightByTheLearningRateAgainstItsGradientWithEpsilonBesideTheUncorrectedRoot() {
        try (KanervaModel model = new KanervaModel(TinyModels.heap(), Device.cpu(), 63);
                Adam adam = new Adam(model)) {
            String name = model.parameters().keySet().iterator().next();
            NDArray weight = model.parameters().get(name).getArray();
            float[] before = weight.toFloatArray();
            Map<String, float[]> gradients = gradients(model, new SplittableRandom(64), 0);
            float[] gradient = gradients.get(name);
            gradient[0] = 3;
            gradient[1] = -2e-3f;
            // Near epsilon the two variants of Adam differ: sqrt(0.001) g / (sqrt(0.001) g + eps) here, g / (g + eps)
            // in the other.
            gradient[2] = 1e-7f;
            setGradients(model, gradients);
            adam.update(1, 0.5, Double.POSITIVE_INFINITY);
            float[] after = weight.toFloatArray();
            double root = Math.sqrt(0.001) * 1e-7;
            assertThat(before[0] - after[0]).isCloseTo(0.5f, within(1e-5f));
            assertThat(before[1] - after[1]).isCloseTo(-0.5f, within(1e-4f));
            assertThat(before[2] - after[2]).isCloseTo((float) (0.5 * root / (root + 1e-8)), within(1e-4f));
            for (int i = 3; i < before.length; i++) {
                assertThat(after[i])
                        .as("a weight without gradient does not decay")
                        .isEqualTo(before[i]);
            }
        }
    }

    @Test
    void anUpdateClearsTheGradientsAndLeavesNoArrayBehind() {
        try (KanervaModel model = TinyModels.randomised(TinyModels.heap(), 65);
                Adam adam = new Adam(model)) {
            Map<String, float[]> gradients = gradients(model, new SplittableRandom(66), 1);
            int before = model.manager().getManagedArrays().size();
            setGradients(model, gradients);
            adam.update(1, 1e-3, 1);
            assertThat(model.manager().getManagedArrays()).hasSize(before);
            setGradients(model, gradients);
            double norm = norm(gradients);
            assertThat(adam.update(2, 1e-3, 1)).as("not twice the gradient").isCloseTo(norm, within(1e-5 * norm));
            assertThat(adam.update(3, 1e-3, 1)).isZero();
        }
    }

    @Test
    void aModelThatWasRunBeforeLearnsTooAndKeepsItsWeightsWhenTheOptimiserIsClosed() {
        try (KanervaModel model = TinyModels.randomised(TinyModels.heap(), 68)) {
            NDArray images = model.manager().zeros(new Shape(1, 2, 1, 8, 8));
            float[] before = model.encode(images, false).content().toFloatArray();
            try (Adam adam = new Adam(model)) {
                assertThat(model.encode(images, false).content().toFloatArray())
                        .as("the same weights in another place")
                        .containsExactly(before, within(1e-6f));
                setGradients(model, gradients(model, new SplittableRandom(69), 1));
                adam.update(1, 0.1, 1);
            }
            float[] after = model.encode(images, false).content().toFloatArray();
            assertThat(after).isNotEqualTo(before);
            assertThat(model.encode(images, false).content().toFloatArray()).isEqualTo(after);
        }
    }

    @Test
    void closingGivesBackTheMomentsAndLeavesTheModelAlone() {
        try (KanervaModel model = TinyModels.randomised(TinyModels.heap(), 67)) {
            int before = model.manager().getManagedArrays().size();
            Adam adam = new Adam(model);
            assertThat(model.manager().getManagedArrays())
                    .hasSize(before + 2 * model.parameters().size() + 3);
            adam.close();
            assertThat(model.manager().getManagedArrays()).hasSize(before);
        }
    }

    private static double[] doubles(NDArray array) {
        float[] floats = array.toFloatArray();
        double[] doubles = new double[floats.length];
        for (int i = 0; i < floats.length; i++) {
            doubles[i] = floats[i];
        }
        return doubles;
    }
}
