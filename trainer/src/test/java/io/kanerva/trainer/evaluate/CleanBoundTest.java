package io.kanerva.trainer.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.kanerva.trainer.TinyModels;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.ImageSet;
import io.kanerva.trainer.model.ElboTerms;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.KeyAddressing;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CleanBoundTest {
    private static final int T = 4;

    static Stream<KanervaSettings> settings() {
        return Stream.of(TinyModels.heap(), TinyModels.heap(KeyAddressing.CONTINUOUS, 2), TinyModels.pooled(2));
    }

    private static TestEpisodes episodes(int count) {
        return new TestEpisodes(TinyModels.rectangles(count * T, 71), Binarisation.FIXED, T, 72);
    }

    /**
     * An episode's terms for one draw, directly from the model: reconstruction, KL(Y), KL(Z), log-weight of each
     * sample.
     */
    private static float[][] terms(
            KanervaModel model, TestEpisodes episodes, int episode, int draw, NoiseSource noise) {
        KanervaSettings s = model.settings();
        try (NDManager scratch = model.manager().newSubManager()) {
            NDArray keyNoise = scratch.create(
                    noise.normals(NoiseSource.stream(episode, draw, 0), T * s.keys() * 3),
                    new Shape(1, T, s.keys(), 3));
            NDArray latentNoise = scratch.create(
                    noise.normals(NoiseSource.stream(episode, draw, 1), T * s.latent()), new Shape(1, T, s.latent()));
            ElboTerms terms = model.pass(
                    scratch.create(episodes.episode(episode), new Shape(1, T, 1, 8, 8)), keyNoise, latentNoise, false);
            return new float[][] {
                terms.reconstruction().toFloatArray(),
                terms.klKeys().toFloatArray(),
                terms.klLatent().toFloatArray(),
                terms.importanceLogWeight().toFloatArray()
            };
        }
    }

    @ParameterizedTest
    @MethodSource("settings")
    void theReportAveragesOverSamplesWithBothDivergencesInFullAndTheStandardErrorOverEpisodes(KanervaSettings s) {
        NoiseSource noise = NoiseSource.seeded(73);
        TestEpisodes episodes = episodes(5);
        try (KanervaModel model = TinyModels.randomised(s, 74)) {
            BoundReport report = CleanBound.evaluate(model, episodes, noise, 0, done -> {});
            double[] sums = new double[3];
            double[] bounds = new double[5];
            for (int e = 0; e < 5; e++) {
                float[][] terms = terms(model, episodes, e, 0, noise);
                for (int t = 0; t < T; t++) {
                    for (int term = 0; term < 3; term++) {
                        sums[term] += terms[term][t] / (5.0 * T);
                        bounds[e] += (double) terms[term][t] / T;
                    }
                }
            }
            double mean = (bounds[0] + bounds[1] + bounds[2] + bounds[3] + bounds[4]) / 5;
            double squares = 0;
            for (double bound : bounds) {
                squares += (bound - mean) * (bound - mean);
            }
            assertThat(report.reconstruction()).isCloseTo(sums[0], within(1e-4));
            assertThat(report.klKeys()).isCloseTo(sums[1], within(1e-4));
            assertThat(report.klLatent()).isCloseTo(sums[2], within(1e-4));
            assertThat(report.nats())
                    .isCloseTo(mean, within(1e-4))
                    .isCloseTo(report.reconstruction() + report.klKeys() + report.klLatent(), within(1e-9));
            assertThat(report.standardError())
                    .isCloseTo(Math.sqrt(squares / 4 / 5), within(1e-4))
                    .isPositive();
            assertThat(report.importanceWeighted()).isNaN();
            assertThat(report.episodes()).isEqualTo(5);
            assertThat(report.episodeLength()).isEqualTo(T);
        }
    }

    @ParameterizedTest
    @MethodSource("settings")
    void theImportanceWeightedBoundIsTheLogOfTheMeanWeight(KanervaSettings s) {
        NoiseSource noise = NoiseSource.seeded(75);
        TestEpisodes episodes = episodes(3);
        try (KanervaModel model = TinyModels.randomised(s, 76)) {
            for (int draws : new int[] {1, 4}) {
                double expected = 0;
                for (int e = 0; e < 3; e++) {
                    double[] weights = new double[T];
                    for (int draw = 0; draw < draws; draw++) {
                        float[] logWeights = terms(model, episodes, e, draw, noise)[3];
                        for (int t = 0; t < T; t++) {
                            weights[t] += Math.exp(logWeights[t]) / draws;
                        }
                    }
                    for (double weight : weights) {
                        expected -= Math.log(weight) / (3 * T);
                    }
                }
                BoundReport report = CleanBound.evaluate(model, episodes, noise, draws, done -> {});
                assertThat(report.importanceWeighted()).as("%d draws", draws).isCloseTo(expected, within(1e-3));
                assertThat(report.importanceSamples()).isEqualTo(draws);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("settings")
    void moreImportanceSamplesTightenTheBoundAndDoNotChangeTheCleanOne(KanervaSettings s) {
        NoiseSource noise = NoiseSource.seeded(77);
        TestEpisodes episodes = episodes(6);
        try (KanervaModel model = TinyModels.randomised(s, 78)) {
            BoundReport clean = CleanBound.evaluate(model, episodes, noise, 0, done -> {});
            BoundReport weighted = CleanBound.evaluate(model, episodes, noise, 64, done -> {});
            assertThat(weighted.nats()).isEqualTo(clean.nats());
            assertThat(weighted.standardError()).isEqualTo(clean.standardError());
            assertThat(weighted.importanceWeighted()).isLessThan(clean.nats());
        }
    }

    @Test
    void everySampleOfEveryDrawOfEveryEpisodeHasItsOwnNoise() {
        Set<Long> streams = new HashSet<>();
        List<Integer> counts = new ArrayList<>();
        Set<Float> numbers = new HashSet<>();
        NoiseSource seeded = NoiseSource.seeded(79);
        try (KanervaModel model = TinyModels.randomised(TinyModels.heap(), 80)) {
            CleanBound.evaluate(
                    model,
                    episodes(3),
                    (stream, count) -> {
                        streams.add(stream);
                        counts.add(count);
                        float[] normals = seeded.normals(stream, count);
                        for (float number : normals) {
                            numbers.add(number);
                        }
                        return normals;
                    },
                    5,
                    done -> {});
        }
        assertThat(streams).hasSize(3 * 5 * 2);
        assertThat(counts).hasSize(3 * 5 * 2).containsOnly(T * 3);
        // Floats occasionally repeat by chance; sharing noise across a batch would leave only a fraction of these.
        assertThat(numbers).hasSizeGreaterThan(3 * 5 * 2 * T * 3 - 5);
    }

    @Test
    void anEvaluationLeavesTheModelUnchangedAndIsReproducible() {
        try (KanervaModel model = TinyModels.randomised(TinyModels.heap(), 81)) {
            int arrays = model.manager().getManagedArrays().size();
            BoundReport first = CleanBound.evaluate(model, episodes(2), NoiseSource.seeded(82), 3, done -> {});
            assertThat(CleanBound.evaluate(model, episodes(2), NoiseSource.seeded(82), 3, done -> {}))
                    .isEqualTo(first);
            assertThat(CleanBound.evaluate(model, episodes(2), NoiseSource.seeded(83), 3, done -> {})
                            .nats())
                    .isNotEqualTo(first.nats());
            assertThat(model.manager().getManagedArrays()).hasSize(arrays);
        }
    }

    @Test
    void progressIsReportedAfterEachEpisode() {
        List<Integer> heard = new ArrayList<>();
        try (KanervaModel model = new KanervaModel(TinyModels.heap(), Device.cpu(), 84)) {
            CleanBound.evaluate(model, episodes(3), NoiseSource.seeded(85), 0, heard::add);
        }
        assertThat(heard).containsExactly(1, 2, 3);
    }

    @Test
    void imagesOfTheWrongSizeAreRejected() {
        try (KanervaModel model = new KanervaModel(TinyModels.heap(), Device.cpu(), 86)) {
            ImageSet larger = new ImageSet("larger", 4, 1, 9, 8, new byte[4 * 72]);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> CleanBound.evaluate(
                            model,
                            new TestEpisodes(larger, Binarisation.FIXED, 4, 1),
                            NoiseSource.seeded(1),
                            0,
                            done -> {}))
                    .withMessage("'larger': expected images of [1, 8, 8], found [1, 9, 8]");
        }
    }

    @Test
    void anEpisodeThatExceedsTheSlotsOfContinuousKeysIsRejected() {
        try (KanervaModel model = new KanervaModel(TinyModels.heap(KeyAddressing.CONTINUOUS, 1), Device.cpu(), 87)) {
            TestEpisodes long9 = new TestEpisodes(TinyModels.rectangles(9, 1), Binarisation.FIXED, 9, 1);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> CleanBound.evaluate(model, long9, NoiseSource.seeded(1), 0, done -> {}))
                    .withMessage("out of memory: an episode of 9 samples needs 9 slots, the memory has 8");
        }
    }

    @Test
    void aNegativeNumberOfImportanceSamplesIsRejected() {
        try (KanervaModel model = new KanervaModel(TinyModels.heap(), Device.cpu(), 88)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> CleanBound.evaluate(model, episodes(1), NoiseSource.seeded(1), -1, done -> {}))
                    .withMessage("importance samples: expected at least 0, found -1");
        }
    }

    @Test
    void aReportOfOneEpisodeHasNoStandardError() {
        try (KanervaModel model = new KanervaModel(TinyModels.heap(), Device.cpu(), 89)) {
            BoundReport report = CleanBound.evaluate(model, episodes(1), NoiseSource.seeded(1), 0, done -> {});
            assertThat(report.standardError()).isNaN();
            assertThat(report.nats()).isFinite();
        }
    }
}
