package io.kanerva.trainer.data;

/**
 * Maps each point (x, y) of a new image to its source ({@code xx x + xy y + dx}, {@code yx x + yy y + dy}) in the old
 * one. Coordinates are normalised, so that one map serves every resolution: -1 is the left or upper edge, 1 the right
 * or lower one.
 */
public record AffineMap(double xx, double xy, double dx, double yx, double yy, double dy) {

    /**
     * Resamples one plane from another of the same size, bilinearly. Beyond its edges the old plane repeats its border
     * pixels.
     *
     * @param from holds [height][width] unsigned bytes from {@code start}
     * @param to receives [height][width] bytes at {@code offset}
     */
    void resample(byte[] from, int start, int height, int width, byte[] to, int offset) {
        double[] across = new double[width];
        double[] down = new double[width];
        for (int column = 0; column < width; column++) {
            double x = (2 * column + 1) / (double) width - 1;
            across[column] = xx * x;
            down[column] = yx * x;
        }
        for (int row = 0; row < height; row++) {
            double y = (2 * row + 1) / (double) height - 1;
            double acrossHere = xy * y;
            double downHere = yy * y;
            for (int column = 0; column < width; column++) {
                double u = ((across[column] + acrossHere + dx + 1) * width - 1) * 0.5;
                double v = ((down[column] + downHere + dy + 1) * height - 1) * 0.5;
                u = u > 0 ? u < width - 1 ? u : width - 1 : 0;
                v = v > 0 ? v < height - 1 ? v : height - 1 : 0;
                int left = (int) u;
                int above = (int) v;
                int at = start + above * width + left;
                int right = left + 1 < width ? 1 : 0;
                int below = above + 1 < height ? width : 0;
                byte corner = from[at];
                if (from[at + right] == corner && from[at + below] == corner && from[at + below + right] == corner) {
                    to[offset + row * width + column] = corner;
                    continue;
                }
                double upper = (from[at] & 0xff) * (1 - u + left) + (from[at + right] & 0xff) * (u - left);
                double lower =
                        (from[at + below] & 0xff) * (1 - u + left) + (from[at + below + right] & 0xff) * (u - left);
                to[offset + row * width + column] = (byte) (upper * (1 - v + above) + lower * (v - above) + 0.5);
            }
        }
    }
}
