package io.kanerva.trainer.model;

import static io.kanerva.trainer.TinyModels.normals;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.kanerva.trainer.TinyModels;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ChargedMemoryTest {
    private static final int T = 3;

    static Stream<KanervaSettings> settings() {
        return Stream.of(
                TinyModels.charged(),
                TinyModels.charged().withLatent(16, LatentLayout.MAP),
                TinyModels.colour().withChargedMemory());
    }

    @ParameterizedTest
    @MethodSource("settings")
    void theTermsAreThoseOfTheFormulasInDouble(KanervaSettings s) {
        int b = 2;
        try (KanervaModel model = TinyModels.randomised(s, 1);
                NDManager scratch = model.manager().newSubManager()) {
            SplittableRandom random = new SplittableRandom(2);
            NDArray images =
                    scratch.create(TinyModels.images(s, b * T, 3), s.image().shape(b, T));
            int size = s.memory().size();
            float[] noise = normals(random, b * size, 1);
            float[] latentNoise = normals(random, b * T * s.latent(), 1);
            ElboTerms terms = model.pass(
                    images,
                    scratch.create(noise, s.readNoiseShape(b, T)),
                    scratch.create(latentNoise, new Shape(b, T, s.latent())),
                    false);
            EncoderOutput encoded = model.encode(images, false);
            double[][] posterior = posterior(model, encoded.content().toFloatArray(), b);
            float[] memory = new float[b * size];
            double[] klMemory = new double[b];
            double[] weights = new double[b * T];
            for (int e = 0; e < b; e++) {
                double ratio = 0;
                for (int i = 0; i < size; i++) {
                    double mean = posterior[e][i];
                    double logVariance = posterior[e][size + i];
                    double n = noise[e * size + i];
                    double m = mean + Math.exp(logVariance / 2) * n;
                    memory[e * size + i] = (float) m;
                    klMemory[e] += (mean * mean + Math.exp(logVariance) - 1 - logVariance) / 2 / T;
                    ratio += (n * n + logVariance - m * m) / 2 / T;
                }
                for (int t = 0; t < T; t++) {
                    weights[e * T + t] = ratio;
                }
            }
            ReaderOutput prior = model.read(
                    scratch.create(memory, s.memory().shape(b)), scratch.zeros(new Shape(b, T, 1, 3)), false);
            float[] latent = new float[b * T * s.latent()];
            double[] klLatent = new double[b * T];
            for (int i = 0; i < latent.length; i++) {
                double p = Math.exp(-prior.priorLogVariance().toFloatArray()[i]);
                double priorMean = prior.priorMean().toFloatArray()[i];
                double variance = Math.exp(encoded.latentLogVariance().toFloatArray()[i]) / p;
                double mean = (double) encoded.latentMean().toFloatArray()[i]
                        + prior.posteriorShift().toFloatArray()[i];
                double z = mean + Math.sqrt(variance) * latentNoise[i];
                latent[i] = (float) z;
                klLatent[i / s.latent()] +=
                        (variance * p + Math.pow(mean - priorMean, 2) * p - 1 - Math.log(variance * p)) / 2;
                weights[i / s.latent()] +=
                        (latentNoise[i] * latentNoise[i] - Math.pow(z - priorMean, 2) * p + Math.log(variance * p)) / 2;
            }
            float[] reconstruction = s.likelihood()
                    .negativeLogLikelihood(
                            s,
                            model.decode(scratch.create(latent, new Shape(b, T, s.latent())), prior.traces()),
                            images)
                    .toFloatArray();
            for (int i = 0; i < b * T; i++) {
                assertThat((double) terms.klMemory().toFloatArray()[i]).isCloseTo(klMemory[i / T], within(1e-4));
                assertThat((double) terms.klLatent().toFloatArray()[i])
                        .isCloseTo(klLatent[i] + klMemory[i / T], within(1e-4 * (10 + klLatent[i])));
                assertThat(terms.reconstruction().toFloatArray()[i])
                        .isCloseTo(reconstruction[i], within(1e-4f * (10 + reconstruction[i])));
                assertThat((double) terms.importanceLogWeight().toFloatArray()[i])
                        .isCloseTo(weights[i] - reconstruction[i], within(1e-4 * (10 + reconstruction[i])));
            }
            assertThat(terms.klKeys().toFloatArray()).containsOnly(0f);
        }
    }

    /** Mean and log-variance of q(M | X) of each episode, as the writer's documentation has them. */
    private static double[][] posterior(KanervaModel model, float[] content, int b) {
        KanervaSettings s = model.settings();
        int maps = 2 * s.memory().channels();
        int h = s.block().rows();
        int w = s.block().columns();
        float[] kernel = values(model, "statistics", "weight");
        float[] bias = values(model, "statistics", "bias");
        float[] weight = values(model, "correction", "weight");
        float[] offset = values(model, "correction", "bias");
        double[][] posterior = new double[b][maps * h * w];
        for (int e = 0; e < b; e++) {
            // The maps' means over the episode, then their variances.
            double[] seen = new double[2 * maps * h * w];
            for (int i = 0; i < maps * h * w; i++) {
                double sum = 0;
                double squares = 0;
                for (int t = 0; t < T; t++) {
                    double value = content[(e * T + t) * maps * h * w + i];
                    sum += value;
                    squares += value * value;
                }
                seen[i] = sum / T;
                seen[maps * h * w + i] = squares / T - seen[i] * seen[i];
            }
            for (int y = 0; y < h; y++) {
                for (int x = 0; x < w; x++) {
                    double[] hidden = new double[bias.length];
                    for (int f = 0; f < hidden.length; f++) {
                        hidden[f] = bias[f];
                        for (int c = 0; c < 2 * maps; c++) {
                            for (int k = 0; k < 9; k++) {
                                int row = y + k / 3 - 1;
                                int column = x + k % 3 - 1;
                                if (row >= 0 && row < h && column >= 0 && column < w) {
                                    hidden[f] += kernel[(f * 2 * maps + c) * 9 + k] * seen[(c * h + row) * w + column];
                                }
                            }
                        }
                        hidden[f] = Math.max(0, hidden[f]);
                    }
                    for (int m = 0; m < maps; m++) {
                        int at = (m * h + y) * w + x;
                        posterior[e][at] = seen[at] + offset[m];
                        for (int f = 0; f < hidden.length; f++) {
                            posterior[e][at] += weight[m * hidden.length + f] * hidden[f];
                        }
                    }
                }
            }
        }
        return posterior;
    }

    private static float[] values(KanervaModel model, String layer, String kind) {
        return model.parameters().entrySet().stream()
                .filter(entry ->
                        entry.getKey().contains(layer) && entry.getKey().endsWith(kind))
                .map(entry -> entry.getValue().getArray().toFloatArray())
                .findFirst()
                .orElseThrow();
    }

    /**
     * ln p(X) of one episode, estimated twice: from the posterior's importance weights, and without any posterior, by
     * memories and latents that are drawn from their priors. The bound is below both.
     */
    @Test
    void theEpisodesImportanceWeightsGiveItsProbabilityUnderThePriors() {
        KanervaSettings s = TinyModels.charged();
        int draws = 6000;
        try (KanervaModel model = TinyModels.randomised(s, 11);
                NDManager scratch = model.manager().newSubManager()) {
            // Weak posteriors, which the priors reach.
            model.parameters().forEach((name, parameter) -> {
                float[] values = parameter.getArray().toFloatArray();
                for (int i = 0; i < values.length; i++) {
                    values[i] *= 0.4f;
                }
                TinyModels.set(parameter.getArray(), values);
            });
            SplittableRandom random = new SplittableRandom(12);
            Shape shape = s.image().shape(draws, T);
            NDArray images = scratch.create(
                            TinyModels.images(s, T, 13), s.image().shape(1, T))
                    .broadcast(shape);
            NDArray noise = scratch.create(normals(random, draws * s.memory().size(), 1), s.readNoiseShape(draws, T));
            NDArray latentNoise =
                    scratch.create(normals(random, draws * T * s.latent(), 1), new Shape(draws, T, s.latent()));
            ElboTerms terms = model.pass(images, noise, latentNoise, false);
            double[] weights = sums(terms.importanceLogWeight());
            double[] bounds = sums(terms.reconstruction().add(terms.klLatent()));

            NDArray otherNoise =
                    scratch.create(normals(random, draws * s.memory().size(), 1), s.readNoiseShape(draws, T));
            ReaderOutput prior = model.read(otherNoise, scratch.zeros(new Shape(draws, T, 1, 3)), false);
            NDArray latents = prior.priorMean()
                    .add(prior.priorLogVariance().mul(0.5).exp().mul(latentNoise));
            double[] priors = sums(s.likelihood()
                    .negativeLogLikelihood(s, model.decode(latents, prior.traces()), images)
                    .neg());

            double estimate = logMeanExp(weights);
            double bound = mean(bounds);
            assertThat(estimate).isCloseTo(logMeanExp(priors), within(0.25));
            assertThat(-bound).isLessThan(estimate - 0.3);
            assertThat(mean(weights)).as("E ln w is the bound").isCloseTo(-bound, within(0.2));
        }
    }

    @Test
    void theOrderOfTheSamplesDoesNotMatter() {
        KanervaSettings s = TinyModels.charged();
        try (KanervaModel model = TinyModels.randomised(s, 21);
                NDManager scratch = model.manager().newSubManager()) {
            NDArray images =
                    scratch.create(TinyModels.images(s, T, 22), s.image().shape(1, T));
            NDArray content = model.encode(images, false).content();
            float[] memory = model.write(content, false).memory().toFloatArray();
            float[] reversed = model.write(content.flip(1), false).memory().toFloatArray();
            assertThat(reversed).containsExactly(memory, within(1e-6f));
            float[] fewer = model.write(content.get(":, 0:2"), false).memory().toFloatArray();
            assertThat(fewer).isNotEqualTo(memory);
        }
    }

    @Test
    void settingsThatDoNotFitAChargedMemoryAreRefused() {
        KanervaSettings s = TinyModels.charged();
        assertThat(s.capacity()).isEqualTo(Integer.MAX_VALUE);
        assertThat(s.memoryFloats()).isEqualTo(2 * 4 * 4);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> s.withKeys(2))
                .withMessage("model settings: a charged memory is one block that is read whole: expected 4 x 4 and one "
                        + "key, found 4 x 4 and 2 keys");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> s.withMemoryLayers(1))
                .withMessage("model settings: only the pooled writer has memoryLayers, found 1 and charged");
    }

    private static double[] sums(NDArray values) {
        float[] sums = values.sum(new int[] {1}).toFloatArray();
        double[] doubles = new double[sums.length];
        for (int i = 0; i < sums.length; i++) {
            doubles[i] = sums[i];
        }
        return doubles;
    }

    private static double mean(double[] values) {
        return java.util.Arrays.stream(values).average().orElseThrow();
    }

    private static double logMeanExp(double[] values) {
        double most = java.util.Arrays.stream(values).max().orElseThrow();
        return most
                + Math.log(java.util.Arrays.stream(values)
                        .map(value -> Math.exp(value - most))
                        .average()
                        .orElseThrow());
    }
}
