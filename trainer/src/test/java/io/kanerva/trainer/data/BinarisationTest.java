package io.kanerva.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class BinarisationTest {
    private final ImageSet grey = new ImageSet("grey", 1, 1, 1, 4, new byte[] {0, 127, (byte) 128, (byte) 255});

    @Test
    void thresholdCutsAtHalf() {
        assertThat(copy(Binarisation.THRESHOLD, grey, null)).containsExactly(0f, 0f, 1f, 1f);
    }

    @Test
    void dynamicDrawsInkWithTheProbabilityOfThePixelsIntensity() {
        ImageSet pixel = new ImageSet("pixel", 1, 1, 1, 1, new byte[] {64});
        SplittableRandom random = new SplittableRandom(1);
        int ink = 0;
        for (int i = 0; i < 100_000; i++) {
            ink += (int) copy(Binarisation.DYNAMIC, pixel, random)[0];
        }
        // Four standard deviations of a mean of 100,000 coin flips.
        assertThat(ink / 100_000.0).isCloseTo(64 / 255.0, Offset.offset(4 * Math.sqrt(0.25 * 0.75 / 100_000)));
    }

    @Test
    void dynamicIsReproducibleAndNeverChangesBlackAndWhite() {
        SplittableRandom random = new SplittableRandom(7);
        float[] first = copy(Binarisation.DYNAMIC, grey, new SplittableRandom(7));
        assertThat(copy(Binarisation.DYNAMIC, grey, new SplittableRandom(7))).isEqualTo(first);
        for (int i = 0; i < 200; i++) {
            float[] pixels = copy(Binarisation.DYNAMIC, grey, random);
            assertThat(pixels[0]).isZero();
            assertThat(pixels[3]).isEqualTo(1f);
        }
    }

    @Test
    void fixedKeepsABinarySetAndRejectsGrey() {
        ImageSet ink = new ImageSet("ink", 2, 1, 1, 2, new byte[] {0, 0, (byte) 255, 0});
        float[] target = new float[2];
        Binarisation.FIXED.copy(ink, 1, target, 0, null);
        assertThat(target).containsExactly(1f, 0f);
        assertThatThrownBy(() -> copy(Binarisation.FIXED, grey, null))
                .isInstanceOf(DataFormatException.class)
                .hasMessage("'grey', image 0: expected only pixels 0 and 255, found 127: use dynamic or threshold "
                        + "binarisation for grey images");
    }

    @Test
    void copiesAreConcatenatedAndMustBeReproducible() {
        ImageSet steps = new ImageSet("steps", 3, 1, 1, 2, new byte[] {0, (byte) 255, 51, 102, (byte) 153, (byte) 204});
        assertThat(Binarisation.NONE.copies(steps, 2, 0, 2)).containsExactly(0.6f, 0.8f, 0f, 1f, 0.6f, 0.8f);
        assertThat(Binarisation.THRESHOLD.copies(steps, 1, 2)).containsExactly(0f, 0f, 1f, 1f);
        assertThat(Binarisation.NONE.copies(steps)).isEmpty();
        assertThatThrownBy(() -> Binarisation.DYNAMIC.copies(steps, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("found dynamic");
    }

    private static float[] copy(Binarisation binarisation, ImageSet images, SplittableRandom random) {
        float[] target = new float[images.pixelsPerImage()];
        binarisation.copy(images, 0, target, 0, random);
        return target;
    }
}
