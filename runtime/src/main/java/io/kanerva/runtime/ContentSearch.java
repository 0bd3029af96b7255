package io.kanerva.runtime;

/**
 * Finds a query's sample in a heap memory by content: the query is compared with the image that each written
 * sample's pointers read back, by normalised correlation. Immutable.
 *
 * <p>The comparison is made between images, not between content blocks: damage to a few pixels changes a block's
 * code everywhere near, while it changes the correlation of two images only by those pixels. It needs no knowledge
 * of the damage either: a contrast, an offset, noise or an erased part all leave the right image the likest one. An
 * image of one intensity has no content in this sense; it is found by its mean, if the query is hardly damaged.
 */
final class ContentSearch {

    /**
     * How much an image's mean intensity counts beside its pixels. Little, since damage moves the mean; but not
     * nothing, so that images of one intensity, which have no other feature, are still told apart.
     */
    private static final double MEAN_WEIGHT = 0.1;

    /** Samples that the scoring loop takes at once: so many sums that do not wait for each other. */
    private static final int AT_ONCE = 8;

    private final int samples;
    private final int features;

    /** The samples' features, [B, T / 8, F, 8]: eight samples' values of one feature side by side, T rounded up with zeros. */
    private final double[] rows;

    /** @param images what was written, read back: [B, T, Cx, Hx, Wx] */
    ContentSearch(FloatTensor images) {
        int episodes = images.dimension(0);
        samples = images.dimension(1);
        int length = images.size() / (episodes * samples);
        features = length + 1;
        rows = new double[Math.multiplyExact(Math.multiplyExact(episodes, groups() * AT_ONCE), features)];
        double[] row = new double[features];
        for (int image = 0; image < episodes * samples; image++) {
            standardise(images.data(), image * length, length, row);
            int sample = image % samples;
            int from = (image / samples * groups() + sample / AT_ONCE) * features * AT_ONCE + sample % AT_ONCE;
            for (int feature = 0; feature < features; feature++) {
                rows[from + feature * AT_ONCE] = row[feature];
            }
        }
    }

    private int groups() {
        return (samples + AT_ONCE - 1) / AT_ONCE;
    }

    /** How long the scores array of {@link #scores} must be: T rounded up. */
    int scoreSlots() {
        return groups() * AT_ONCE;
    }

    /**
     * Makes an image comparable: the pixels less their mean, then one number for the mean itself, all scaled to unit
     * length. An image of the intensity 1/2 throughout becomes zeros.
     */
    private static void standardise(float[] images, int from, int length, double[] row) {
        // Two sums each that do not wait for each other.
        double even = 0;
        double odd = 0;
        for (int i = 0; i < length - 1; i += 2) {
            even += images[from + i];
            odd += images[from + i + 1];
        }
        int last = from + length - 1;
        double mean = (even + odd + (length % 2 == 1 ? images[last] : 0)) / length;
        double level = MEAN_WEIGHT * Math.sqrt(length) * (mean - 0.5);
        row[length - 1] = images[last] - mean;
        row[length] = level;
        even = level * level;
        odd = length % 2 == 1 ? row[length - 1] * row[length - 1] : 0;
        for (int i = 0; i < length - 1; i += 2) {
            double one = images[from + i] - mean;
            double other = images[from + i + 1] - mean;
            row[i] = one;
            row[i + 1] = other;
            even += one * one;
            odd += other * other;
        }
        double squares = even + odd;
        double scale = squares == 0 ? 0 : 1 / Math.sqrt(squares);
        for (int i = 0; i <= length; i++) {
            row[i] *= scale;
        }
    }

    /**
     * The match of one query with each sample of one memory: the correlation of the two, in double precision.
     *
     * <p>This is the one place that decides how well contents match.
     *
     * @param queries images, one after the other
     * @param query which of them
     * @param episode which memory
     * @param row scratch, a number more than an image has
     * @param scores is filled: T numbers, each in [-1, 1]; {@link #scoreSlots} long
     * @return the sample that matches best, the first of equals
     */
    int scores(float[] queries, int query, int episode, double[] row, double[] scores) {
        standardise(queries, query * (features - 1), features - 1, row);
        for (int group = 0; group < groups(); group++) {
            eightScores(row, (episode * groups() + group) * features * AT_ONCE, group * AT_ONCE, scores);
        }
        int best = 0;
        for (int sample = 0; sample < samples; sample++) {
            scores[sample] = Math.min(1, Math.max(-1, scores[sample]));
            if (scores[sample] > scores[best]) {
                best = sample;
            }
        }
        return best;
    }

    /** Eight dot products at once; those beyond the last sample are dropped. */
    private void eightScores(double[] row, int from, int first, double[] scores) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        double s4 = 0;
        double s5 = 0;
        double s6 = 0;
        double s7 = 0;
        int at = from;
        for (int feature = 0; feature < features; feature++) {
            double q = row[feature];
            s0 += q * rows[at];
            s1 += q * rows[at + 1];
            s2 += q * rows[at + 2];
            s3 += q * rows[at + 3];
            s4 += q * rows[at + 4];
            s5 += q * rows[at + 5];
            s6 += q * rows[at + 6];
            s7 += q * rows[at + 7];
            at += AT_ONCE;
        }
        scores[first] = s0;
        scores[first + 1] = s1;
        scores[first + 2] = s2;
        scores[first + 3] = s3;
        scores[first + 4] = s4;
        scores[first + 5] = s5;
        scores[first + 6] = s6;
        scores[first + 7] = s7;
    }
}
