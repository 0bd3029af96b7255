package io.kanerva.tools.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

class MosaicTest {
    private static final int BLACK = Palette.INK.argb(0);
    private static final int WHITE = Palette.INK.argb(1);

    @Test
    void tilesImagesRowByRowWithTransparentGaps() {
        Pictures pictures = new Pictures(new float[] {0, 1, 1, 0, 1, 1}, 3, 1, 1, 2);
        Mosaic mosaic = Mosaic.of(pictures, 2, 1, 1, Palette.INK);
        assertThat(mosaic.image().getWidth()).isEqualTo(5);
        assertThat(mosaic.image().getHeight()).isEqualTo(3);
        assertThat(row(mosaic.image(), 0)).containsExactly(BLACK, WHITE, 0, WHITE, BLACK);
        assertThat(row(mosaic.image(), 1)).containsOnly(0);
        assertThat(row(mosaic.image(), 2)).containsExactly(WHITE, WHITE, 0, 0, 0);
    }

    @Test
    void showsThreeChannelsAsColoursAndOthersAsTheirMean() {
        Mosaic colours = Mosaic.of(new Pictures(new float[] {1, 0, 0.2f}, 1, 3, 1, 1), 1, 0, 0, Palette.INK);
        assertThat(colours.image().getRGB(0, 0)).isEqualTo(0xffff0033);
        Mosaic mean = Mosaic.of(new Pictures(new float[] {1, 0}, 1, 2, 1, 1), 1, 0, 0, Palette.INK);
        assertThat(mean.image().getRGB(0, 0)).isEqualTo(Palette.INK.argb(0.5f));
    }

    @Test
    void aPngReadsBackAsTheSameImage() throws IOException {
        Mosaic mosaic = Mosaic.of(new Pictures(new float[] {0, 1, 1, 0}, 2, 1, 1, 2), 1, 0, 1, Palette.INK);
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(mosaic.png(3)));
        assertThat(image.getWidth()).isEqualTo(6);
        assertThat(image.getHeight()).isEqualTo(9);
        for (int y = 0; y < 9; y++) {
            for (int x = 0; x < 6; x++) {
                assertThat(image.getRGB(x, y)).isEqualTo(mosaic.image().getRGB(x / 3, y / 3));
            }
        }
    }

    @Test
    void groupsRowsIntoBands() {
        Pictures above = new Pictures(new float[] {0, 0, 0}, 3, 1, 1, 1);
        Pictures below = new Pictures(new float[] {1, 1, 1}, 3, 1, 1, 1);
        BufferedImage image = Mosaic.bands(List.of(above, below), 2).image();
        assertThat(image.getWidth()).isEqualTo(4);
        assertThat(new int[] {image.getRGB(0, 0), image.getRGB(0, 3), image.getRGB(0, 12), image.getRGB(0, 15)})
                .containsExactly(BLACK, WHITE, BLACK, WHITE);
        assertThat(image.getHeight()).isEqualTo(16);
    }

    @Test
    void clampsColoursToTheScale() {
        assertThat(Palette.INK.argb(-3)).isEqualTo(BLACK);
        assertThat(Palette.INK.argb(7)).isEqualTo(WHITE);
        assertThat(Palette.SIGNED.argb(0.5f)).isEqualTo(BLACK);
        assertThat(Palette.HEAT.argb(Float.NaN)).isEqualTo(Palette.HEAT.argb(1));
    }

    private static int[] row(BufferedImage image, int y) {
        return image.getRGB(0, y, image.getWidth(), 1, null, 0, image.getWidth());
    }
}
