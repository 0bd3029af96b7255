package io.kanerva.bench.inference;

/** A recall's content search as a user of a bare engine would write it: normalised correlation in double precision. */
final class HostSearch {
    private final int length;
    private final double[][] samples;
    private final double[] query;

    /** @param contents the images read back, sample after sample */
    HostSearch(float[] contents, int count) {
        length = contents.length / count;
        samples = new double[count][length + 1];
        query = new double[length + 1];
        for (int i = 0; i < count; i++) {
            standardise(contents, i, samples[i]);
        }
    }

    private void standardise(float[] images, int index, double[] row) {
        double sum = 0;
        for (int i = 0; i < length; i++) {
            sum += images[index * length + i];
        }
        double mean = sum / length;
        double level = 0.1 * Math.sqrt(length) * (mean - 0.5);
        double squares = level * level;
        for (int i = 0; i < length; i++) {
            row[i] = images[index * length + i] - mean;
            squares += row[i] * row[i];
        }
        row[length] = level;
        double scale = squares == 0 ? 0 : 1 / Math.sqrt(squares);
        for (int i = 0; i <= length; i++) {
            row[i] *= scale;
        }
    }

    /** Returns the best match of a query. */
    int best(float[] queries, int index) {
        standardise(queries, index, query);
        int best = 0;
        double max = Double.NEGATIVE_INFINITY;
        for (int s = 0; s < samples.length; s++) {
            double score = 0;
            double[] sample = samples[s];
            for (int i = 0; i <= length; i++) {
                score += query[i] * sample[i];
            }
            if (score > max) {
                max = score;
                best = s;
            }
        }
        return best;
    }
}
