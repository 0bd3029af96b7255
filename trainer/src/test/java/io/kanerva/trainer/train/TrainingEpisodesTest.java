package io.kanerva.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.kanerva.trainer.TinyModels;
import io.kanerva.trainer.data.ImageSet;
import io.kanerva.trainer.evaluate.NoiseSource;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TrainingEpisodesTest {

    @Test
    void aStepsInputDependsOnSeedAndStepAlone() {
        TrainingEpisodes episodes = new TrainingEpisodes(TinyRuns.IMAGES, TinyRuns.plan());
        TrainingEpisodes.Batch fifth = episodes.draw(5);
        episodes.draw(9);
        TrainingEpisodes.Batch again = new TrainingEpisodes(TinyRuns.IMAGES, TinyRuns.plan()).draw(5);
        assertThat(again.images()).containsExactly(fifth.images());
        assertThat(again.keyNoise()).containsExactly(fifth.keyNoise());
        assertThat(again.latentNoise()).containsExactly(fifth.latentNoise());
        for (TrainingEpisodes.Batch other : new TrainingEpisodes.Batch[] {
            episodes.draw(6),
            new TrainingEpisodes(TinyRuns.IMAGES, TinyRuns.plan().withSeed(8)).draw(5)
        }) {
            assertThat(other.images()).isNotEqualTo(fifth.images());
            assertThat(other.keyNoise()).isNotEqualTo(fifth.keyNoise());
            assertThat(other.latentNoise()).isNotEqualTo(fifth.latentNoise());
        }
    }

    @Test
    void everySampleHasNoiseOfItsOwn() {
        TrainingEpisodes.Batch batch = new TrainingEpisodes(TinyRuns.IMAGES, TinyRuns.plan()).draw(0);
        assertThat(batch.images()).hasSize(2 * 8 * 64).containsOnly(0f, 1f);
        assertThat(batch.keyNoise()).hasSize(2 * 8 * 3).doesNotHaveDuplicates();
        assertThat(batch.latentNoise())
                .hasSize(2 * 8 * 3)
                .doesNotHaveDuplicates()
                .doesNotContain(batch.keyNoise());
    }

    @Test
    void aModelThatReadsGistsSeesBesideEachImageAnotherOfItsClassEachAsOften() {
        // Image i is black but for pixel i; three to a class, and the last one alone in its own, which is never drawn.
        byte[] pixels = new byte[13 * 64];
        for (int i = 0; i < 13; i++) {
            pixels[i * 64 + i] = -1;
        }
        ImageSet images = new ImageSet(
                "spots",
                13,
                1,
                TinyModels.SIDE,
                TinyModels.SIDE,
                pixels,
                IntStream.range(0, 13).map(i -> i / 3).toArray());
        TrainingEpisodes episodes = new TrainingEpisodes(images, TinyRuns.gist());
        int[][] seen = new int[13][13];
        for (int step = 0; step < 75; step++) {
            TrainingEpisodes.Batch batch = episodes.draw(step);
            assertThat(batch.othersNoise())
                    .hasSize(2 * 8 * 32)
                    .doesNotHaveDuplicates()
                    .doesNotContain(batch.latentNoise());
            for (int i = 0; i < 16; i++) {
                seen[spot(batch.images(), i)][spot(batch.others(), i)]++;
            }
        }
        for (int a = 0; a < 13; a++) {
            for (int b = 0; b < 13; b++) {
                boolean pair = a != b && a / 3 == b / 3;
                // 1,200 draws of 24 pairs: 50 each, give or take 7.
                assertThat(seen[a][b]).as("%d beside %d", b, a).isBetween(pair ? 15 : 0, pair ? 85 : 0);
            }
        }
        assertThat(new TrainingEpisodes(images, TinyRuns.gist()).draw(9).others())
                .containsExactly(episodes.draw(9).others());
        assertThat(new TrainingEpisodes(images, TinyRuns.plan()).draw(9).others())
                .isEmpty();
    }

    private static int spot(float[] images, int image) {
        return IntStream.range(0, 64)
                .filter(k -> images[image * 64 + k] > 0)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void imagesWithoutClassesOrOneToAClassAreRefusedWhereAGistIsRead() {
        ImageSet unlabelled = TinyModels.rectangles(8, 1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TrainingEpisodes(unlabelled, TinyRuns.gist()))
                .withMessage("'rectangles': expected labelled images, which a model that reads gists "
                        + "needs, found no labels");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TrainingEpisodes(
                        unlabelled.labelled(IntStream.range(0, 8).toArray()), TinyRuns.gist()))
                .withMessage(
                        "'rectangles': expected a class of at least two images, found 8 images, each of another class");
    }

    /** Image i is black but for pixel i, in three classes of 12 images, and one of 4. */
    private static ImageSet spots() {
        byte[] pixels = new byte[40 * 64];
        for (int i = 0; i < 40; i++) {
            pixels[i * 64 + i] = -1;
        }
        return new ImageSet(
                "spots",
                40,
                1,
                TinyModels.SIDE,
                TinyModels.SIDE,
                pixels,
                IntStream.range(0, 40).map(i -> i / 12).toArray());
    }

    @Test
    void theShareOfEpisodesOfOneClassIsThePlansAndTheirImagesDiffer() {
        ImageSet images = spots();
        int[] oneClass = new int[4];
        int mixed = 0;
        TrainingEpisodes episodes = new TrainingEpisodes(
                images, TinyRuns.plan(TinyModels.charged(), 40).with("oneClass=0.6"));
        for (int step = 0; step < 500; step++) {
            float[] batch = episodes.draw(step).images();
            for (int e = 0; e < 2; e++) {
                int first = e * 8;
                Set<Integer> classes = new HashSet<>();
                Set<Integer> drawn = new HashSet<>();
                for (int i = first; i < first + 8; i++) {
                    drawn.add(spot(batch, i));
                    classes.add(images.label(spot(batch, i)));
                }
                if (classes.size() == 1) {
                    assertThat(drawn).hasSize(8);
                    oneClass[classes.iterator().next()]++;
                } else {
                    mixed++;
                }
            }
        }
        // 1,000 episodes: 200 of each class, give or take 13; chance hardly ever makes a mixed one of one class.
        assertThat(oneClass[3]).as("too few images").isZero();
        assertThat(mixed).isBetween(330, 470);
        for (int c = 0; c < 3; c++) {
            assertThat(oneClass[c]).isBetween(140, 260);
        }
    }

    @Test
    void anEpisodeOfOneClassIsMovedByOneMapAndOtherImagesByOneEach() {
        // A frame, which every map that is drawn moves, and the same for all images.
        byte[] pixels = new byte[16 * 64];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) (i % 8 > 2 && i % 64 / 8 > 3 ? 255 : 0);
        }
        ImageSet images = new ImageSet("frames", 16, 1, 8, 8, pixels, new int[16]);
        TrainingPlan moving = TinyRuns.plan(TinyModels.charged(), 40)
                .with("binarisation=threshold", "augment.rotation=180", "augment.shift=0.2");
        for (int step = 0; step < 5; step++) {
            Set<String> moved = new HashSet<>();
            Set<String> alone = new HashSet<>();
            float[] same = new TrainingEpisodes(images, moving.with("oneClass=1"))
                    .draw(step)
                    .images();
            float[] each = new TrainingEpisodes(images, moving).draw(step).images();
            for (int i = 0; i < 8; i++) {
                moved.add(Arrays.toString(Arrays.copyOfRange(same, i * 64, i * 64 + 64)));
                alone.add(Arrays.toString(Arrays.copyOfRange(each, i * 64, i * 64 + 64)));
            }
            assertThat(moved).hasSize(1);
            assertThat(alone).hasSizeGreaterThan(4);
        }
    }

    @Test
    void episodesOfOneClassNeedLabelsAndAClassThatFillsThem() {
        TrainingPlan plan = TinyRuns.plan(TinyModels.charged(), 40).with("oneClass=1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TrainingEpisodes(TinyModels.rectangles(8, 1), plan))
                .withMessage(
                        "'rectangles': expected labelled images, which episodes of one class need, found no labels");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TrainingEpisodes(spots(), plan.with("episodeLength=13")))
                .withMessage("'spots': expected a class of at least the 13 images of an episode, found none");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> plan.with("oneClass=1.5"))
                .withMessage("share of episodes of one class (oneClass) must be 0 to 1, found 1.5");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TinyRuns.gist().with("oneClass=1"))
                .withMessage("share of episodes of one class (oneClass) must be 0 for a model that reads gists, which "
                        + "is trained on pairs of a class, found 1.0");
    }

    @Test
    void dynamicBinarisationIsDrawnAnewInEachStep() {
        byte[] grey = new byte[8 * 64];
        Arrays.fill(grey, (byte) 128);
        TrainingPlan dynamic = TinyRuns.plan().with("binarisation=dynamic");
        TrainingEpisodes episodes =
                new TrainingEpisodes(new ImageSet("grey", 8, 1, TinyModels.SIDE, TinyModels.SIDE, grey), dynamic);
        float[] first = episodes.draw(0).images();
        float[] second = episodes.draw(1).images();
        double ink = 0;
        for (float pixel : first) {
            ink += pixel / first.length;
        }
        assertThat(first).containsOnly(0f, 1f).isNotEqualTo(second);
        assertThat(ink).isBetween(0.42, 0.58);
    }

    @Test
    void movedImagesDependOnSeedAndStepAloneAndDifferFromTheirOriginals() {
        TrainingPlan p = TinyRuns.plan().with("binarisation=threshold");
        TrainingPlan moving = p.with(
                "augment.rotation=20",
                "augment.scale=0.2",
                "augment.shear=0.2",
                "augment.shift=0.1",
                "augment.mirror=true");
        float[] fifth = new TrainingEpisodes(TinyRuns.IMAGES, moving).draw(5).images();
        assertThat(new TrainingEpisodes(TinyRuns.IMAGES, moving).draw(5).images())
                .containsExactly(fifth)
                .containsOnly(0f, 1f);
        assertThat(new TrainingEpisodes(TinyRuns.IMAGES, p).draw(5).images()).isNotEqualTo(fifth);
        assertThat(new TrainingEpisodes(TinyRuns.IMAGES, moving).draw(6).images())
                .isNotEqualTo(fifth);
    }

    @Test
    void blackAndWhiteImagesThatWouldTurnGreyAreNotMoved() {
        TrainingPlan moving = TinyRuns.plan().with("augment.rotation=20");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TrainingEpisodes(TinyRuns.IMAGES, moving))
                .withMessageStartingWith(
                        "'rectangles': expected images that stay black and white when they are transformed");
    }

    @Test
    void neighbouringSeedsAndStreamsAreFarApart() {
        Set<Long> seeds = new HashSet<>();
        int bits = 0;
        for (int seed = 0; seed < 100; seed++) {
            for (int stream = 0; stream < 100; stream++) {
                seeds.add(NoiseSource.seed(seed, stream));
                bits += Long.bitCount(NoiseSource.seed(seed, stream) ^ NoiseSource.seed(seed, stream + 1))
                        + Long.bitCount(NoiseSource.seed(seed, stream) ^ NoiseSource.seed(seed + 1, stream));
            }
        }
        assertThat(seeds).hasSize(10_000);
        assertThat(bits / 20_000.0).as("bits that differ, of 64").isBetween(31.8, 32.2);
    }
}
