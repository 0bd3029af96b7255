package io.kanerva.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class AugmentationTest {
    private static final AffineMap SAME = new AffineMap(1, 0, 0, 0, 1, 0);
    private static final ImageSet RAMP =
            new ImageSet("ramp", 1, 1, 3, 3, new byte[] {0, 10, 20, 30, 40, 50, 60, 70, (byte) 200});

    @Test
    void theIdentityMapReturnsTheImageUnchanged() {
        assertThat(moved(RAMP, SAME)).containsExactly(0, 10, 20, 30, 40, 50, 60, 70, 200);
    }

    @Test
    void aShiftByOnePixelRepeatsTheEdge() {
        assertThat(moved(RAMP, new AffineMap(1, 0, 2 / 3.0, 0, 1, 0)))
                .containsExactly(10, 20, 20, 40, 50, 50, 70, 200, 200);
        assertThat(moved(RAMP, new AffineMap(1, 0, 0, 0, 1, -2 / 3.0)))
                .containsExactly(0, 10, 20, 0, 10, 20, 30, 40, 50);
    }

    @Test
    void aShiftByHalfAPixelAveragesTwo() {
        assertThat(moved(RAMP, new AffineMap(1, 0, 1 / 3.0, 0, 1, 0)))
                .containsExactly(5, 15, 20, 35, 45, 50, 65, 135, 200);
    }

    @Test
    void allChannelsOfAColourImageMoveAlike() {
        ImageSet colour = new ImageSet("colour", 1, 3, 1, 2, new byte[] {1, 2, 3, 4, 5, 6});
        assertThat(moved(colour, new AffineMap(-1, 0, 0, 0, 1, 0))).containsExactly(2, 1, 4, 3, 6, 5);
    }

    @Test
    void mirroringYieldsExactlyTheEightSymmetriesOfASquare() {
        SplittableRandom random = new SplittableRandom(3);
        Augmentation mirror = new Augmentation(0, 0, 0, 0, true);
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            int[] image = moved(RAMP, mirror.draw(random));
            assertThat(image)
                    .containsExactlyInAnyOrder(0, 10, 20, 30, 40, 50, 60, 70, 200)
                    .satisfies(pixels -> assertThat(pixels[4]).isEqualTo(40));
            seen.add(java.util.Arrays.toString(image));
        }
        assertThat(seen).hasSize(8);
    }

    @Test
    void mapsCoverTheirRangesAndStayWithinThem() {
        SplittableRandom random = new SplittableRandom(5);
        double widest = 0;
        double farthest = 0;
        double steepest = 0;
        for (int i = 0; i < 2000; i++) {
            AffineMap map = new Augmentation(10, 0.2, 0, 0.05, false).draw(random);
            widest = Math.max(widest, Math.abs(Math.log(Math.hypot(map.xx(), map.yx()))));
            farthest = Math.max(farthest, Math.abs(map.dx()));
            steepest = Math.max(steepest, Math.toDegrees(Math.abs(Math.atan2(map.yx(), map.xx()))));
        }
        assertThat(widest).isBetween(0.198, 0.2 + 1e-9);
        assertThat(farthest).isBetween(0.099, 0.1);
        assertThat(steepest).isBetween(9.9, 10 + 1e-9);
    }

    @Test
    void onlyShearChangesTheRightAngleBetweenTheAxes() {
        AffineMap straight = new Augmentation(30, 0.3, 0, 0, false).draw(new SplittableRandom(1));
        AffineMap slanted = new Augmentation(30, 0.3, 0.3, 0, false).draw(new SplittableRandom(1));
        assertThat(straight.xx() * straight.xy() + straight.yx() * straight.yy())
                .isCloseTo(0, org.assertj.core.api.Assertions.within(1e-12));
        assertThat(Math.abs(slanted.xx() * slanted.xy() + slanted.yx() * slanted.yy()))
                .isGreaterThan(1e-3);
    }

    @Test
    void namesTheValueThatIsOutOfRange() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Augmentation(-1, 0, 0, 0, false))
                .withMessage("augment.rotation must be from 0 to 180, found -1.0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Augmentation(0, 0, Double.NaN, 0, false))
                .withMessage("augment.shear must be from 0 to 1, found NaN");
    }

    @Test
    void describesItself() {
        assertThat(Augmentation.NONE.inWords()).isEqualTo("none");
        assertThat(new Augmentation(8, 0.12, 0, 0.03, true).inWords())
                .isEqualTo("rotation up to 8 degrees, log scale up to 0.12, shift up to 0.03 of a side, mirrored "
                        + "and rotated by 90 degrees");
    }

    @Test
    void anUnmovedDrawingIsTheShrunkOneAndAMovedOneIsBlackAndWhiteToo() {
        Drawings drawings = new Drawings("drawings", true, new int[] {0, 1});
        for (int k = 0; k < 2; k++) {
            drawings.put(k, drawing(20 + 30 * k));
        }
        for (int k = 0; k < 2; k++) {
            byte[] plain = new byte[784];
            byte[] same = new byte[784];
            byte[] shifted = new byte[784];
            drawings.copyPixels(k, plain, 0);
            drawings.copyTransformed(k, SAME, same, 0);
            drawings.copyTransformed(k, new AffineMap(1, 0, 0.1, 0, 1, 0.1), shifted, 0);
            assertThat(same).isEqualTo(plain);
            assertThat(shifted).isNotEqualTo(plain).containsOnly(0, (byte) 255);
        }
    }

    /** A drawing, paper 255, with a bar of ink seven columns wide. */
    private static byte[] drawing(int from) {
        byte[] drawing = new byte[105 * 105];
        for (int i = 0; i < drawing.length; i++) {
            drawing[i] = (byte) (i % 105 >= from && i % 105 < from + 7 ? 0 : 255);
        }
        return drawing;
    }

    private static int[] moved(ImageSet images, AffineMap map) {
        byte[] moved = new byte[1 + images.pixelsPerImage()];
        images.copyTransformed(0, map, moved, 1);
        int[] values = new int[images.pixelsPerImage()];
        for (int i = 0; i < values.length; i++) {
            values[i] = moved[i + 1] & 0xff;
        }
        return values;
    }
}
