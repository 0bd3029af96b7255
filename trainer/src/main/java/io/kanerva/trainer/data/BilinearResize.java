package io.kanerva.trainer.data;

/**
 * Resizes images with a triangle filter as wide as the step between new pixels, so that shrinking does not alias.
 * Bit-exact with Pillow's {@code Image.resize(size, BILINEAR)} for 8-bit images (weights in fixed point with 22
 * fractional bits, columns first, rounded to bytes in between), so that data sets made here equal those of the
 * literature's Python scripts.
 */
final class BilinearResize {
    private static final int FRACTION_BITS = 22;

    private final int height;
    private final int width;
    private final Weights columns;
    private final Weights rows;

    /** Resizes planes from height x width to newHeight x newWidth; all at least 1. */
    BilinearResize(int height, int width, int newHeight, int newWidth) {
        this.height = height;
        this.width = width;
        columns = new Weights(width, newWidth);
        rows = new Weights(height, newHeight);
    }

    /**
     * Resizes one plane.
     *
     * @param plane [height][width], unsigned bytes
     * @param target receives [newHeight][newWidth]
     * @param offset where in the target
     */
    void resize(byte[] plane, byte[] target, int offset) {
        byte[] narrow = plane;
        if (columns.to != width) {
            narrow = new byte[height * columns.to];
            for (int row = 0; row < height; row++) {
                for (int column = 0; column < columns.to; column++) {
                    narrow[row * columns.to + column] = columns.mix(plane, row * width, 1, column);
                }
            }
        }
        for (int row = 0; row < rows.to; row++) {
            for (int column = 0; column < columns.to; column++) {
                target[offset + row * columns.to + column] = rows.to == height
                        ? narrow[row * columns.to + column]
                        : rows.mix(narrow, column, columns.to, row);
            }
        }
    }

    /** The old pixels, and their weights, that make up each new pixel along one axis. */
    private static final class Weights {
        private final int to;
        private final int[] first;
        private final int[][] weights;

        Weights(int from, int to) {
            this.to = to;
            first = new int[to];
            weights = new int[to][];
            double scale = (double) from / to;
            double reach = Math.max(scale, 1);
            for (int i = 0; i < to; i++) {
                double centre = (i + 0.5) * scale;
                int start = Math.max(0, (int) (centre - reach + 0.5));
                int end = Math.min(from, (int) (centre + reach + 0.5));
                double[] tent = new double[end - start];
                double sum = 0;
                for (int k = 0; k < tent.length; k++) {
                    tent[k] = Math.max(0, 1 - Math.abs((k + start - centre + 0.5) * (1 / reach)));
                    sum += tent[k];
                }
                first[i] = start;
                weights[i] = new int[tent.length];
                for (int k = 0; k < tent.length; k++) {
                    weights[i][k] = (int) (0.5 + tent[k] / sum * (1 << FRACTION_BITS));
                }
            }
        }

        byte mix(byte[] pixels, int start, int step, int index) {
            int sum = 1 << FRACTION_BITS - 1;
            for (int k = 0; k < weights[index].length; k++) {
                sum += weights[index][k] * (pixels[start + (first[index] + k) * step] & 0xff);
            }
            return (byte) Math.max(0, Math.min(255, sum >> FRACTION_BITS));
        }
    }
}
