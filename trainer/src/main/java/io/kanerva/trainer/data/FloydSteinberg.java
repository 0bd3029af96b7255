package io.kanerva.trainer.data;

/**
 * Dithers a grey image to black and white: each pixel is rounded, and what it lost or won is passed on to the four
 * neighbours that are still to come, 7/16 to the right, 3/16, 5/16 and 1/16 below (Floyd and Steinberg 1976). In
 * integers and in the order of Pillow's {@code Image.convert('1')}, to the last bit; {@code pil1dither} in the name of
 * the binary Omniglot means this.
 */
final class FloydSteinberg {
    private FloydSteinberg() {}

    /** Makes an image of height x width at {@code pixels[offset ...]} black (0) and white (255), in place. */
    static void dither(byte[] pixels, int offset, int height, int width) {
        int[] below = new int[width + 1];
        for (int row = 0; row < height; row++) {
            // What falls on the right neighbour, below left of the next pixel, and right below it; all in sixteenths.
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
