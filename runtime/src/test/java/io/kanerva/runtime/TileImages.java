package io.kanerva.runtime;

/** Images [1, 8, 8] of plain tiles, 4 x 2 of them: one image for each byte. */
final class TileImages {

    /** Eight bytes that differ pairwise in 4 bits at least, none the complement of another. */
    static final int[] EIGHT = {0x0F, 0x33, 0x55, 0x5A, 0x3C, 0x66, 0x69, 0xFF};

    private TileImages() {}

    /** An episode [1, T, 1, 8, 8] of the images of these bytes. */
    static FloatTensor episode(int... bytes) {
        return episodes(1, bytes);
    }

    /** [B, T, 1, 8, 8]: the bytes in order, row by row of T = bytes / B. */
    static FloatTensor episodes(int batch, int... bytes) {
        FloatTensor images = FloatTensor.zeros(batch, bytes.length / batch, 1, 8, 8);
        for (int i = 0; i < images.size(); i++) {
            int row = i / 8 % 8;
            int column = i % 8;
            int tile = row / 2 * 2 + column / 4;
            images.data()[i] = bytes[i / 64] >> tile & 1;
        }
        return images;
    }

    /** The nearest binary image: 1 where a probability is above one half. */
    static FloatTensor rounded(FloatTensor probabilities) {
        FloatTensor rounded = FloatTensor.zeros(probabilities.shape());
        for (int i = 0; i < rounded.size(); i++) {
            rounded.data()[i] = probabilities.data()[i] > 0.5f ? 1 : 0;
        }
        return rounded;
    }
}
