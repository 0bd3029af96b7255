package io.kanerva.trainer.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.kanerva.trainer.TinyModels;
import io.kanerva.trainer.data.Augmentation;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.ImageSet;
import io.kanerva.trainer.model.ElboTerms;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.LatentLayout;
import io.kanerva.trainer.train.Ramp;
import io.kanerva.trainer.train.Schedule;
import io.kanerva.trainer.train.TrainingPlan;
import io.kanerva.trainer.train.TrainingRun;
import io.kanerva.trainer.train.Validation;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChargedBoundTest {
    private static final NoiseSource NOISE = NoiseSource.seeded(5);
    private static final int T = 8;
    private static final KanervaSettings CHARGED = TinyModels.charged().withLatent(16, LatentLayout.MAP);
    private static final KanervaSettings PLAIN = TinyModels.withoutMemory(TinyModels.heap(), 16, LatentLayout.MAP);

    /** Classes of 16 noisy copies of a random pattern of 4 x 4 squares each. */
    private static ImageSet patterns(int classes, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] pixels = new byte[classes * 16 * 64];
        for (int c = 0; c < classes; c++) {
            int squares = random.nextInt(1 << 16);
            for (int i = 0; i < 16 * 64; i++) {
                boolean ink = (squares >> i % 64 / 16 * 4 + i % 8 / 2 & 1) == 1;
                pixels[c * 16 * 64 + i] = (byte) (ink ^ random.nextInt(20) == 0 ? 255 : 0);
            }
        }
        return new ImageSet(
                "patterns",
                classes * 16,
                1,
                8,
                8,
                pixels,
                IntStream.range(0, classes * 16).map(i -> i / 16).toArray());
    }

    private static ElboTerms pass(KanervaModel model, TestEpisodes episodes, int e, NDManager scratch) {
        KanervaSettings s = model.settings();
        Shape keys = s.readNoiseShape(1, T);
        return model.pass(
                scratch.create(episodes.episode(e), s.image().shape(1, T)),
                scratch.create(NOISE.normals(NoiseSource.stream(e, 0, 0), (int) keys.size()), keys),
                scratch.create(NOISE.normals(NoiseSource.stream(e, 0, 1), T * s.latent()), new Shape(1, T, s.latent())),
                false);
    }

    private static double bound(ElboTerms terms) {
        return terms.reconstruction()
                .add(terms.klKeys())
                .add(terms.klLatent())
                .mean()
                .getFloat();
    }

    @Test
    void itIsThatOfTheModelsPassesAndTheirDifference() {
        TestEpisodes episodes = TestEpisodes.ofOneClass(patterns(2, 1), Binarisation.FIXED, T, 2);
        try (KanervaModel model = TinyModels.randomised(CHARGED, 3);
                KanervaModel plain = TinyModels.randomised(PLAIN, 4);
                NDManager scratch = model.manager().newSubManager()) {
            ChargedBound.Report report = ChargedBound.evaluate(model, plain, episodes, NOISE, done -> {});
            double[] with = new double[4];
            double[] without = new double[4];
            double memory = 0;
            for (int e = 0; e < 4; e++) {
                ElboTerms terms = pass(model, episodes, e, scratch);
                with[e] = bound(terms);
                without[e] = bound(pass(plain, episodes, e, scratch));
                memory += terms.klMemory().mean().getFloat() / 4;
            }
            double difference = IntStream.range(0, 4)
                    .mapToDouble(e -> with[e] - without[e])
                    .average()
                    .orElseThrow();
            double variance = IntStream.range(0, 4)
                            .mapToDouble(e -> Math.pow(with[e] - without[e] - difference, 2))
                            .sum()
                    / 3;
            assertThat(report.bound().nats())
                    .isCloseTo(java.util.Arrays.stream(with).average().orElseThrow(), within(1e-3));
            assertThat(report.klMemory()).isCloseTo(memory, within(1e-4)).isPositive();
            assertThat(report.difference().nats()).isCloseTo(difference, within(1e-3));
            assertThat(report.difference().standardError()).isCloseTo(Math.sqrt(variance / 4), within(1e-3));
        }
    }

    @Test
    void theImportanceWeightedBoundIsThatOfEpisodes() {
        TestEpisodes episodes = TestEpisodes.ofOneClass(patterns(1, 1), Binarisation.FIXED, T, 2);
        int draws = 6;
        try (KanervaModel model = TinyModels.randomised(CHARGED, 3);
                NDManager scratch = model.manager().newSubManager()) {
            KanervaSettings s = CHARGED;
            double expected = 0;
            for (int e = 0; e < 2; e++) {
                double[] weights = new double[draws];
                for (int draw = 0; draw < draws; draw++) {
                    Shape keys = s.readNoiseShape(1, T);
                    float[] each = model.pass(
                                    scratch.create(
                                            episodes.episode(e), s.image().shape(1, T)),
                                    scratch.create(
                                            NOISE.normals(NoiseSource.stream(e, draw, 0), (int) keys.size()), keys),
                                    scratch.create(
                                            NOISE.normals(NoiseSource.stream(e, draw, 1), T * s.latent()),
                                            new Shape(1, T, s.latent())),
                                    false)
                            .importanceLogWeight()
                            .toFloatArray();
                    for (float weight : each) {
                        weights[draw] += weight;
                    }
                }
                double most = java.util.Arrays.stream(weights).max().orElseThrow();
                double sum = java.util.Arrays.stream(weights)
                        .map(weight -> Math.exp(weight - most))
                        .sum();
                expected -= (most + Math.log(sum / draws)) / T / 2;
            }
            BoundReport report = CleanBound.evaluate(model, episodes, NOISE, draws, done -> {});
            assertThat(report.importanceWeighted())
                    .isCloseTo(expected, within(1e-3))
                    .isLessThan(report.nats());
        }
    }

    @Test
    void aTrainedMemoryPaysForItselfOnEpisodesOfNewClassesAndAnotherEpisodesDoesNot(@TempDir Path folder) {
        ImageSet images = patterns(60, 6);
        ChargedBound.Report report;
        try (TrainingRun run = TrainingRun.start(plan(CHARGED), folder.resolve("charged"), images, Device.cpu());
                TrainingRun plain = TrainingRun.start(plan(PLAIN), folder.resolve("plain"), images, Device.cpu())) {
            run.train(step -> {});
            plain.train(step -> {});
            TestEpisodes episodes = TestEpisodes.ofOneClass(patterns(10, 7), Binarisation.FIXED, T, 8);
            report = ChargedBound.evaluate(run.model(), plain.model(), episodes, NOISE, done -> {});
        }
        assertThat(report.difference().nats()).isLessThan(-2);
        assertThat(report.klMemory()).isPositive();
        assertThat(report.swapped()).isGreaterThan(report.bound().nats() + 2);
    }

    private static TrainingPlan plan(KanervaSettings settings) {
        return new TrainingPlan(
                settings,
                "patterns",
                Binarisation.FIXED,
                4,
                T,
                1,
                200,
                1e-2,
                20,
                100,
                Ramp.NONE,
                new Ramp(0.02, 0.2, 0.6),
                9,
                100,
                200,
                Validation.NONE,
                0,
                Augmentation.NONE,
                Schedule.COSINE,
                0);
    }

    @Test
    void modelsThatAreNotComparableAreRefused() {
        TestEpisodes episodes = new TestEpisodes(TinyModels.rectangles(T, 1), Binarisation.FIXED, T, 1);
        try (KanervaModel charged = TinyModels.randomised(CHARGED, 1);
                KanervaModel heap = TinyModels.randomised(TinyModels.heap(), 1)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> ChargedBound.evaluate(heap, charged, episodes, NOISE, done -> {}))
                    .withMessage("model settings: expected the writer charged, found heap");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> ChargedBound.evaluate(charged, heap, episodes, NOISE, done -> {}))
                    .withMessage("model settings: expected the writer none or charged to compare with, since other "
                            + "memories are free, found heap");
            ClassEpisodes pairs = new ClassEpisodes(patterns(2, 1), Binarisation.FIXED, T, 1);
            for (KanervaModel[] models : new KanervaModel[][] {{charged, heap}, {heap, charged}}) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> HeldOutBound.compare(models[0], models[1], pairs, NOISE, done -> {}))
                        .withMessage("a charged memory: expected a model whose bound takes the written images for "
                                + "granted, found one that charges for them: use kpp experiment charged-memory");
            }
        }
    }
}
