package io.kanerva.trainer.picture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class PictureTest {

    /** Compared with Pillow 13.0.0's {@code convert('L')}. */
    @Test
    void makesGreyOfColoursAsPillowDoes() {
        int[][] colours = {
            {255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {12, 200, 77}, {1, 2, 3}, {250, 128, 114}, {77, 77, 77}, {0, 1, 1}
        };
        byte[] pixels = new byte[24];
        for (int i = 0; i < 24; i++) {
            pixels[i] = (byte) colours[i % 8][i / 8];
        }
        assertThat(new Picture(3, 1, 8, pixels).withChannels(1).pixels())
                .isEqualTo(new byte[] {76, (byte) 150, 29, (byte) 130, 2, (byte) 163, 77, 1});
    }

    @Test
    void greyStaysWhatItIsAsColour() {
        byte[] levels = new byte[256];
        for (int i = 0; i < 256; i++) {
            levels[i] = (byte) i;
        }
        Picture grey = new Picture(1, 16, 16, levels);
        Picture colour = grey.withChannels(3);
        assertThat(colour.pixels()).hasSize(768).startsWith(levels).endsWith(levels);
        assertThat(colour.isGrey()).isTrue();
        assertThat(colour.withChannels(1).pixels()).isEqualTo(levels);
        assertThat(new Picture(3, 1, 1, new byte[] {1, 1, 2}).isGrey()).isFalse();
    }

    @Test
    void refusesSizesThatAreNotItsPixels() {
        assertThatThrownBy(() -> new Picture(2, 1, 1, new byte[2]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("picture of [2, 1, 1]: expected 1 or 3 channels and 2 bytes, found 2");
        assertThatThrownBy(() -> new Picture(3, 1, 2, new byte[2]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("picture of [3, 1, 2]: expected 1 or 3 channels and 6 bytes, found 2");
    }
}
