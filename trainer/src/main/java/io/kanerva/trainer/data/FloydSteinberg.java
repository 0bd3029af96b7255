package io.kanerva.trainer.data;

/**
 * Dithers a grey image to black and white by error diffusion: each pixel is rounded and its error passed on, 7/16 to
 * the right and 3/16, 5/16 and 1/16 below (Floyd and Steinberg 1976). Bit-exact with Pillow's
 * {@code Image.convert('1')}, which {@code pil1dither} in the name of the binary Omniglot refers to.
 */
final class FloydSteinberg {
    private FloydSteinberg() {}

    /** Dithers the image of height x width at {@code pixels[offset ...]} to black (0) and white (255), in place. */
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
