package io.kanerva.trainer.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.kanerva.trainer.TinyModels;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.DataFormatException;
import io.kanerva.trainer.data.ImageSet;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

class TestEpisodesTest {
    private final ImageSet images = TinyModels.rectangles(30, 91);

    private static List<Integer> order(TestEpisodes episodes) {
        List<Integer> order = new ArrayList<>();
        for (int e = 0; e < episodes.count(); e++) {
            for (int t = 0; t < episodes.length(); t++) {
                order.add(episodes.imageIndex(e, t));
            }
        }
        return order;
    }

    @Test
    void eachImageIsInAtMostOneEpisodeAndTheRestIsDropped() {
        TestEpisodes episodes = new TestEpisodes(images, Binarisation.FIXED, 7, 1);
        assertThat(episodes.count()).isEqualTo(4);
        assertThat(order(episodes)).hasSize(28).doesNotHaveDuplicates().allMatch(index -> index >= 0 && index < 30);
        assertThat(order(new TestEpisodes(images, Binarisation.FIXED, 10, 1)))
                .hasSize(30)
                .doesNotHaveDuplicates();
    }

    @Test
    void theSeedFixesTheOrder() {
        List<Integer> order = order(new TestEpisodes(images, Binarisation.FIXED, 10, 1));
        assertThat(order(new TestEpisodes(images, Binarisation.FIXED, 10, 1))).isEqualTo(order);
        assertThat(order(new TestEpisodes(images, Binarisation.FIXED, 10, 2))).isNotEqualTo(order);
    }

    @Test
    void anEpisodeContainsTheImagesOfItsIndices() {
        TestEpisodes episodes = new TestEpisodes(images, Binarisation.FIXED, 7, 3);
        for (int e = 0; e < episodes.count(); e++) {
            float[] expected = new float[7 * 64];
            for (int t = 0; t < 7; t++) {
                images.copyIntensities(episodes.imageIndex(e, t), expected, t * 64);
            }
            assertThat(episodes.episode(e)).containsExactly(expected);
        }
    }

    @Test
    void episodesOfOneClassTakeEachOfItsImagesAtMostOnceAndDropTheRestOfAClass() {
        // Classes of 20, 7 and 3 images.
        ImageSet labelled = images.labelled(java.util.stream.IntStream.range(0, 30)
                .map(i -> i % 3 > 0 ? 0 : i < 21 ? 1 : 2)
                .toArray());
        TestEpisodes episodes = TestEpisodes.ofOneClass(labelled, Binarisation.FIXED, 5, 1);
        assertThat(episodes.count()).isEqualTo(5);
        List<Integer> order = order(episodes);
        assertThat(order).hasSize(25).doesNotHaveDuplicates();
        int[] taken = new int[3];
        for (int i = 0; i < 25; i++) {
            assertThat(labelled.label(order.get(i))).isEqualTo(labelled.label(order.get(i / 5 * 5)));
            taken[labelled.label(order.get(i))]++;
        }
        assertThat(taken).containsExactly(20, 5, 0);
        assertThat(order(TestEpisodes.ofOneClass(labelled, Binarisation.FIXED, 5, 1)))
                .isEqualTo(order);
        assertThat(order(episodes.first(2))).isEqualTo(order.subList(0, 10));
        for (int length : new int[] {0, 21}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> TestEpisodes.ofOneClass(labelled, Binarisation.FIXED, length, 1))
                    .withMessage(
                            "episode length (T): expected at least 1 and at most the images of a class in "
                                    + "'rectangles', found %d",
                            length);
        }
    }

    @Test
    void greyImagesAreThresholdedOrRejected() {
        ImageSet grey = new ImageSet("grey", 2, 1, 1, 2, new byte[] {127, (byte) 128, 0, (byte) 255});
        Set<Float> pixels = new HashSet<>();
        for (float pixel : new TestEpisodes(grey, Binarisation.THRESHOLD, 2, 1).episode(0)) {
            pixels.add(pixel);
        }
        assertThat(pixels).containsExactlyInAnyOrder(0f, 1f);
        Assertions.assertThatExceptionOfType(DataFormatException.class)
                .isThrownBy(() -> new TestEpisodes(grey, Binarisation.FIXED, 2, 1).episode(0))
                .withMessageContaining("'grey', image 0: expected only pixels 0 and 255");
    }

    @Test
    void dynamicBinarisationIsRejectedBecauseScoresWouldNotBeReproducible() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TestEpisodes(images, Binarisation.DYNAMIC, 5, 1))
                .withMessage("test images: expected binarisation fixed, threshold or none, found dynamic, which "
                        + "changes the images each time");
    }

    @Test
    void anEpisodeLengthOfZeroOrAboveTheNumberOfImagesIsRejected() {
        for (int length : new int[] {0, -1, 31}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new TestEpisodes(images, Binarisation.FIXED, length, 1))
                    .withMessage(
                            "episode length (T): expected 1 to 30, the number of images in 'rectangles', found %d",
                            length);
        }
    }

    @Test
    void noiseIsStandardNormalAndDeterminedBySeedAndStream() {
        NoiseSource noise = NoiseSource.seeded(5);
        float[] normals = noise.normals(NoiseSource.stream(2, 1, 0), 100_000);
        double mean = 0;
        double square = 0;
        for (float normal : normals) {
            mean += normal / 100_000.0;
            square += (double) normal * normal / 100_000;
        }
        assertThat(mean).isBetween(-0.016, 0.016);
        assertThat(square).isBetween(0.977, 1.023);
        assertThat(noise.normals(NoiseSource.stream(2, 1, 0), 10))
                .containsExactly(java.util.Arrays.copyOf(normals, 10));
        assertThat(noise.normals(NoiseSource.stream(2, 1, 1), 10)).isNotEqualTo(java.util.Arrays.copyOf(normals, 10));
        assertThat(NoiseSource.seeded(6).normals(NoiseSource.stream(2, 1, 0), 10))
                .isNotEqualTo(java.util.Arrays.copyOf(normals, 10));
    }
}
