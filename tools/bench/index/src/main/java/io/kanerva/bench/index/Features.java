package io.kanerva.bench.index;

import io.kanerva.runtime.Planes;

/**
 * Images as vectors whose inner product is the runtime's match of the images: the features that a bundle's graph
 * {@code index} gives. And shorter vectors, to look for candidates: the means of squares of pixels, whose inner product
 * is about the same, since images have most of their contrast in what is large.
 */
final class Features {

    /** The most numbers of a short vector, the mean's feature aside. */
    private static final int MOST = 256;

    /** The runtime's weight of an image's mean intensity. */
    private static final double MEAN_WEIGHT = 0.1;

    private final Planes image;
    private final int square;
    private final int rows;
    private final int columns;

    Features(Planes image) {
        this.image = image;
        int side = 1;
        while (image.channels() * parts(image.height(), side) * parts(image.width(), side) > MOST) {
            side++;
        }
        square = side;
        rows = parts(image.height(), side);
        columns = parts(image.width(), side);
    }

    private static int parts(int length, int side) {
        return (length + side - 1) / side;
    }

    /** The features of an image that begins at {@code from}: a unit vector, or zeros. */
    double[] of(float[] images, int from) {
        int length = image.floats();
        double[] features = new double[length + 1];
        double mean = 0;
        for (int i = 0; i < length; i++) {
            mean += images[from + i];
        }
        mean /= length;
        double level = MEAN_WEIGHT * Math.sqrt(length) * (mean - 0.5);
        double squares = level * level;
        for (int i = 0; i < length; i++) {
            features[i] = images[from + i] - mean;
            squares += features[i] * features[i];
        }
        features[length] = level;
        double norm = squares == 0 ? 1 : Math.sqrt(squares);
        for (int i = 0; i <= length; i++) {
            features[i] /= norm;
        }
        return features;
    }

    /** The short vector of features. */
    float[] shortened(double[] features) {
        double[] sums = new double[image.channels() * rows * columns];
        int at = 0;
        for (int channel = 0; channel < image.channels(); channel++) {
            for (int row = 0; row < image.height(); row++) {
                int to = (channel * rows + row / square) * columns;
                for (int column = 0; column < image.width(); column++) {
                    sums[to + column / square] += features[at++];
                }
            }
        }
        float[] vector = new float[sums.length + 1];
        for (int i = 0; i < sums.length; i++) {
            vector[i] = (float) (sums[i] / square);
        }
        vector[sums.length] = (float) features[at];
        return vector;
    }

    /** The match of a query and a sample, in [-1, 1]. */
    static double score(double[] query, float[] sample) {
        double even = 0;
        double odd = 0;
        int i = 0;
        for (; i + 1 < sample.length; i += 2) {
            even += query[i] * sample[i];
            odd += query[i + 1] * sample[i + 1];
        }
        if (i < sample.length) {
            even += query[i] * sample[i];
        }
        return Math.min(1, Math.max(-1, even + odd));
    }
}
