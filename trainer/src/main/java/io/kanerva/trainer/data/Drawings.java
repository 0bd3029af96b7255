package io.kanerva.trainer.data;

import java.util.Objects;

/**
 * Omniglot's original drawings, 105 x 105 in black and white, as 28 x 28 images in which ink is 255: shrunk by
 * {@link BilinearResize} and, unless grey, dithered by error diffusion ({@link #dither}), both while paper is 255, as
 * the usual Python scripts do. Keeps the originals at one bit per pixel, so that augmentation transforms the drawing
 * before it is shrunk and dithered.
 */
final class Drawings implements Images {
    /** Side of an original in pixels. */
    static final int LARGE = 105;

    private static final int SIDE = 28;
    private static final int WORDS = (LARGE * LARGE + 63) / 64;

    private final String name;
    private final boolean dither;
    private final int[] labels;
    private final long[] paper;
    private final BilinearResize resize = new BilinearResize(LARGE, LARGE, SIDE, SIDE);

    /**
     * Allocates memory for drawings, which are {@linkplain #put added} later; until then each is all ink.
     *
     * @param dither whether images are dithered to black and white
     * @param labels each drawing's class
     */
    Drawings(String name, boolean dither, int[] labels) {
        this.name = name;
        this.dither = dither;
        this.labels = labels;
        paper = new long[Math.multiplyExact(labels.length, WORDS)];
    }

    /** Stores one drawing, [105][105]: paper where the unsigned byte is at least 128. */
    void put(int index, byte[] drawing) {
        for (int i = 0; i < LARGE * LARGE; i++) {
            if (drawing[i] < 0) {
                paper[index * WORDS + i / 64] |= 1L << i % 64;
            }
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int count() {
        return labels.length;
    }

    @Override
    public int channels() {
        return 1;
    }

    @Override
    public int height() {
        return SIDE;
    }

    @Override
    public int width() {
        return SIDE;
    }

    @Override
    public boolean hasLabels() {
        return true;
    }

    @Override
    public int label(int index) {
        return labels[index];
    }

    @Override
    public boolean staysBlackAndWhite() {
        return dither;
    }

    @Override
    public boolean isBinary() {
        return dither;
    }

    @Override
    public void copyPixels(int index, byte[] target, int offset) {
        shrink(drawing(index), target, offset);
    }

    @Override
    public void copyTransformed(int index, AffineMap map, byte[] target, int offset) {
        byte[] moved = new byte[LARGE * LARGE];
        map.resample(drawing(index), 0, LARGE, LARGE, moved, 0);
        // Back to black and white: the originals have no grey edges either.
        for (int i = 0; i < moved.length; i++) {
            moved[i] = (byte) (moved[i] < 0 ? 255 : 0);
        }
        shrink(moved, target, offset);
    }

    private byte[] drawing(int index) {
        Objects.checkIndex(index, labels.length);
        byte[] drawing = new byte[LARGE * LARGE];
        for (int word = 0; word < WORDS; word++) {
            long bits = paper[index * WORDS + word];
            for (int i = word * 64; i < Math.min(drawing.length, word * 64 + 64); i++) {
                drawing[i] = (byte) -(bits & 1);
                bits >>>= 1;
            }
        }
        return drawing;
    }

    private void shrink(byte[] drawing, byte[] target, int offset) {
        resize.resize(drawing, target, offset);
        if (dither) {
            dither(target, offset, SIDE, SIDE);
        }
        for (int i = offset; i < offset + SIDE * SIDE; i++) {
            target[i] = (byte) (255 - (target[i] & 0xff));
        }
    }

    /**
     * Dithers the grey image of height x width at {@code pixels[offset ...]} to black (0) and white (255), in place, by
     * error diffusion: each pixel is rounded and its error passed on, 7/16 to the right and 3/16, 5/16 and 1/16 below
     * (Floyd and Steinberg 1976). Bit-exact with Pillow's {@code Image.convert('1')}, which {@code pil1dither} in the
     * name of the binary Omniglot refers to.
     */
    static void dither(byte[] pixels, int offset, int height, int width) {
        int[] below = new int[width + 1];
        for (int row = 0; row < height; row++) {
            // The error for the right neighbour, for its lower left and for the pixel below it, in sixteenths.
            int right = 0;
            int belowLeft = 0;
            int belowHere = 0;
            for (int column = 0; column < width; column++) {
                int at = offset + row * width + column;
                int wanted = Math.max(0, Math.min(255, (pixels[at] & 0xff) + (right + below[column + 1]) / 16));
                int given = wanted > 128 ? 255 : 0;
                pixels[at] = (byte) given;
                int error = wanted - given;
                below[column] = 3 * error + belowLeft;
                belowLeft = 5 * error + belowHere;
                belowHere = error;
                right = 7 * error;
            }
            below[width] = belowLeft;
        }
    }
}
