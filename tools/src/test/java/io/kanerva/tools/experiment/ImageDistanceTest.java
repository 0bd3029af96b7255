package io.kanerva.tools.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.ImageSet;
import io.kanerva.trainer.evaluate.TestEpisodes;
import org.junit.jupiter.api.Test;

class ImageDistanceTest {
    /** Four images of 2 x 2: two of class 0 that differ in one pixel, two of class 1 that differ in all four. */
    private static final ImageSet IMAGES = new ImageSet(
            "four", 4, 1, 2, 2, new byte[] {0, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1}, new int[] {0, 0, 1, 1
            });

    @Test
    void theDistanceIsEuclidean() {
        float[] values = {0, 0, 1, 0, 3, 4};
        assertThat(ImageDistance.between(values, 0, values, 2, 2)).isCloseTo(5, within(1e-12));
        assertThat(ImageDistance.nearest(values, 0, new float[] {9, 9, 0, 1, 2, 0}, 3, 2))
                .isEqualTo(1);
    }

    @Test
    void theDistanceWithinAClassIsTheMeanOverRandomPairs() {
        TestEpisodes episodes = new TestEpisodes(IMAGES, Binarisation.FIXED, 2, 1);
        assertThat(ImageDistance.withinClass(episodes, 4000, 2)).isCloseTo((1 + 2) / 2.0, within(0.04));
        assertThat(ImageDistance.withinClass(episodes, 10, 2)).isEqualTo(ImageDistance.withinClass(episodes, 10, 2));
    }

    @Test
    void imagesWithoutLabelsHaveNoClasses() {
        TestEpisodes unlabelled =
                new TestEpisodes(new ImageSet("blank", 2, 1, 1, 1, new byte[2]), Binarisation.FIXED, 2, 1);
        assertThatThrownBy(() -> ImageDistance.withinClass(unlabelled, 1, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("'blank': expected labelled images, found no labels");
    }
}
