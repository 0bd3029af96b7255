package io.kanerva.trainer.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.kanerva.trainer.TinyModels;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.ImageSet;
import io.kanerva.trainer.model.ElboTerms;
import io.kanerva.trainer.model.EncoderOutput;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.LatentLayout;
import io.kanerva.trainer.model.ReaderOutput;
import io.kanerva.trainer.model.WriterOutput;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HeldOutBoundTest {
    private static final NoiseSource NOISE = NoiseSource.seeded(81);

    /** Rectangles in classes of {@code members}. */
    private static ImageSet classes(int count, int members) {
        int[] labels = new int[count];
        for (int i = 0; i < count; i++) {
            labels[i] = i % (count / members);
        }
        return TinyModels.rectangles(count, 82).labelled(labels);
    }

    @Test
    void everyWrittenImageHasAHeldOutOneOfItsClassAndNoImageIsUsedTwice() {
        ImageSet images = classes(40, 8);
        ClassEpisodes episodes = new ClassEpisodes(images, Binarisation.FIXED, 4, 1);
        assertThat(episodes.count()).isEqualTo(5);
        Set<Integer> used = new HashSet<>();
        for (int e = 0; e < episodes.count(); e++) {
            for (int t = 0; t < 4; t++) {
                int written = episodes.imageIndex(e, t, 0);
                int heldOut = episodes.imageIndex(e, t, 1);
                assertThat(images.label(written)).isEqualTo(images.label(heldOut));
                assertThat(used.add(written) && used.add(heldOut)).isTrue();
                float[] expected = new float[64];
                images.copyIntensities(heldOut, expected, 0);
                assertThat(java.util.Arrays.copyOfRange(episodes.heldOut(e), t * 64, t * 64 + 64))
                        .isEqualTo(expected);
            }
        }
        assertThat(used).hasSize(40);
        assertThat(episodes.first(2).count()).isEqualTo(2);
        assertThat(episodes.first(2).written(1)).isEqualTo(episodes.written(1));
        assertThat(episodes.first(99).count()).isEqualTo(5);
    }

    @Test
    void imagesWithoutLabelsOrWithTooFewPerClassAreRejected() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ClassEpisodes(TinyModels.rectangles(8, 1), Binarisation.FIXED, 2, 1))
                .withMessage("'rectangles': expected labelled images, found no labels");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ClassEpisodes(classes(8, 2), Binarisation.FIXED, 5, 1))
                .withMessage(
                        "episode length (T): expected 1 to 4, the number of same-class pairs in 'rectangles', found 5");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ClassEpisodes(classes(8, 2), Binarisation.DYNAMIC, 2, 1))
                .withMessageContaining("found dynamic");
    }

    @Test
    void aHeldOutCopyOfAWrittenImageScoresTheSameIfKeysDependOnTheImageOnly() {
        ImageSet one = TinyModels.rectangles(8, 83);
        byte[] twice = new byte[2 * one.pixels().length];
        int[] labels = new int[16];
        for (int i = 0; i < 16; i++) {
            System.arraycopy(one.pixels(), i / 2 * 64, twice, i * 64, 64);
            labels[i] = i / 2;
        }
        ImageSet images = new ImageSet("twins", 16, 1, 8, 8, twice, labels);
        KanervaSettings memoryless = TinyModels.withoutMemory(TinyModels.pooled(2), 3, LatentLayout.VECTOR);
        try (KanervaModel model = TinyModels.randomised(memoryless, 84)) {
            List<Integer> progress = new ArrayList<>();
            HeldOutBound.Report report = HeldOutBound.evaluate(
                    model, new ClassEpisodes(images, Binarisation.FIXED, 4, 1), NOISE, progress::add);
            assertThat(report.heldOut().nats()).isCloseTo(report.written().nats(), within(1e-4));
            assertThat(report.written().episodes()).isEqualTo(2);
            assertThat(progress).containsExactly(1, 2);
        }
    }

    @Test
    void aMixtureCostsAtMostLnTwoMoreThanTheBetterModelAndOfAModelWithItselfNothing() {
        KanervaSettings s = TinyModels.pooled(2);
        ImageSet images = classes(6, 2);
        ClassEpisodes episodes = new ClassEpisodes(images, Binarisation.FIXED, 3, 1);
        try (KanervaModel model = TinyModels.randomised(s, 86);
                KanervaModel other = TinyModels.randomised(s, 87);
                NDManager scratch = model.manager().newSubManager()) {
            HeldOutBound.Comparison alone = HeldOutBound.compare(model, model, episodes, NOISE, done -> {});
            HeldOutBound.Comparison others = HeldOutBound.compare(other, other, episodes, NOISE, done -> {});
            HeldOutBound.Comparison both = HeldOutBound.compare(model, other, episodes, NOISE, done -> {});
            HeldOutBound.Comparison turned = HeldOutBound.compare(other, model, episodes, NOISE, done -> {});
            NDArray written = scratch.create(episodes.written(0), new Shape(1, 3, 1, 8, 8));
            NDArray keyNoise = scratch.create(
                    NOISE.normals(NoiseSource.stream(0, 0, 0), 3 * s.keys() * 3), new Shape(1, 3, s.keys(), 3));
            NDArray latentNoise = scratch.create(
                    NOISE.normals(NoiseSource.stream(0, 0, 1), 3 * s.latent()), new Shape(1, 3, s.latent()));
            float weight = model.pass(written, keyNoise, latentNoise, false)
                    .importanceLogWeight()
                    .mean()
                    .getFloat();
            assertThat(alone.mixture().written().nats()).isCloseTo(-weight, within(1e-3));
            assertThat(both.mixture().written().nats())
                    .isLessThan(Math.min(
                                    alone.mixture().written().nats(),
                                    others.mixture().written().nats())
                            + Math.log(2)
                            + 1e-6)
                    .isEqualTo(turned.mixture().written().nats());
            assertThat(both.mixture().heldOut().nats())
                    .isLessThan(Math.min(
                                    alone.mixture().heldOut().nats(),
                                    others.mixture().heldOut().nats())
                            + Math.log(2)
                            + 1e-6)
                    .isEqualTo(turned.mixture().heldOut().nats())
                    .isNotCloseTo(both.mixture().written().nats(), within(1e-3));
            HeldOutBound.Report first = HeldOutBound.evaluate(model, episodes, NOISE, done -> {});
            HeldOutBound.Report second = HeldOutBound.evaluate(other, episodes, NOISE, done -> {});
            assertThat(both.difference().written().nats())
                    .isCloseTo(first.written().nats() - second.written().nats(), within(1e-4))
                    .isNotCloseTo(0, within(1e-3));
            assertThat(both.difference().heldOut().nats())
                    .isCloseTo(first.heldOut().nats() - second.heldOut().nats(), within(1e-4))
                    .isNotCloseTo(0, within(1e-3));
            assertThat(alone.difference().heldOut())
                    .satisfies(none -> assertThat(none.nats()).isZero())
                    .satisfies(none -> assertThat(none.klKeys()).isZero());
        }
    }

    @Test
    void modelsOfDifferentImageSizesAreNotMixed() {
        try (KanervaModel small = TinyModels.randomised(TinyModels.heap(), 1);
                KanervaModel large = new KanervaModel(
                        io.kanerva.trainer.train.Preset.named("mnist").plan().settings(), ai.djl.Device.cpu(), 1)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> HeldOutBound.compare(
                            small,
                            large,
                            new ClassEpisodes(classes(6, 2), Binarisation.FIXED, 3, 1),
                            NOISE,
                            done -> {}))
                    .withMessageStartingWith("expected two models of the same images, found one of 64 values");
        }
    }

    /** Each held-out image takes a written pointer, and its bound is the one at that pointer. */
    @Test
    void onAHeapAHeldOutImageIsScoredAtThePointerOfTheBestCorrelatedImage() {
        KanervaSettings s = TinyModels.heap();
        ImageSet images = classes(6, 2);
        try (KanervaModel model = TinyModels.randomised(s, 85);
                NDManager scratch = model.manager().newSubManager()) {
            ClassEpisodes episodes = new ClassEpisodes(images, Binarisation.FIXED, 3, 1);
            BoundReport found =
                    HeldOutBound.evaluate(model, episodes, NOISE, done -> {}).heldOut();
            Shape shape = new Shape(1, 3, 1, 8, 8);
            NDArray others = scratch.create(episodes.heldOut(0), shape);
            NDArray keyNoise = scratch.create(NOISE.normals(NoiseSource.stream(0, 0, 0), 9), new Shape(1, 3, 1, 3));
            NDArray latentNoise = scratch.create(NOISE.normals(NoiseSource.stream(0, 0, 1), 9), new Shape(1, 3, 3));
            WriterOutput memory = model.write(
                    model.encode(scratch.create(episodes.written(0), shape), false)
                            .content(),
                    false);
            ReaderOutput read = model.read(memory.memory(), memory.pointers(), false);
            NDArray contents = s.likelihood().means(s, model.decode(read.priorMean(), read.traces()));
            EncoderOutput encoded = model.encode(others, false);
            double expected = 0;
            for (int i = 0; i < 3; i++) {
                int best = 0;
                double most = -2;
                for (int j = 0; j < 3; j++) {
                    NDArray a = others.get("0, " + i + ", 0");
                    NDArray b = contents.get("0, " + j + ", 0");
                    a = a.sub(a.mean());
                    b = b.sub(b.mean());
                    double correlation = a.mul(b).sum().getFloat()
                            / Math.sqrt((double) a.square().sum().getFloat()
                                    * b.square().sum().getFloat());
                    best = correlation > most ? j : best;
                    most = Math.max(most, correlation);
                }
                NDArray pointer =
                        memory.pointers().get(":, " + best + ":" + (best + 1)).repeat(1, 3);
                ElboTerms terms = model.readBack(
                        others, encoded, new WriterOutput(memory.memory(), pointer), keyNoise, latentNoise, false);
                expected += terms.reconstruction()
                                .add(terms.klKeys())
                                .add(terms.klLatent())
                                .toFloatArray()[i]
                        / 3;
            }
            assertThat(found.nats()).isCloseTo(expected, within(1e-3));
        }
    }
}
