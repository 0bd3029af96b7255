package io.kanerva.trainer.model;

/**
 * ONNX GridSample of an axis-aligned window as its specification reads, in double and one sample at a time:
 * {@code bilinear}, {@code zeros}, {@code align_corners=0}. The reference for {@link TentWeights}.
 */
final class BilinearSampler {

    private BilinearSampler() {}

    /** The value of one channel [height][width] at normalised coordinates. */
    static double at(double[][] channel, double gx, double gy) {
        int height = channel.length;
        int width = channel[0].length;
        double x = ((gx + 1) * width - 1) / 2;
        double y = ((gy + 1) * height - 1) / 2;
        int left = (int) Math.floor(x);
        int top = (int) Math.floor(y);
        double right = x - left;
        double down = y - top;
        return (1 - down) * ((1 - right) * pixel(channel, top, left) + right * pixel(channel, top, left + 1))
                + down * ((1 - right) * pixel(channel, top + 1, left) + right * pixel(channel, top + 1, left + 1));
    }

    /** A window of one channel: [h][w]. */
    static double[][] window(
            double[][] channel, double centreX, double halfX, double centreY, double halfY, int h, int w) {
        double[][] window = new double[h][w];
        for (int row = 0; row < h; row++) {
            for (int column = 0; column < w; column++) {
                window[row][column] = at(
                        channel, centreX + halfX * (2 * column + 1 - w) / w, centreY + halfY * (2 * row + 1 - h) / h);
            }
        }
        return window;
    }

    private static double pixel(double[][] channel, int row, int column) {
        return row < 0 || column < 0 || row >= channel.length || column >= channel[0].length ? 0 : channel[row][column];
    }
}
