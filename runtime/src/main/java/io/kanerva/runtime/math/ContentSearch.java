package io.kanerva.runtime.math;

import io.kanerva.runtime.FloatTensor;

/**
 * Finds a query's sample in a heap memory by content: the query is compared with the image that each written sample's
 * pointers read back, by normalised correlation. Immutable.
 *
 * <p>It compares images rather than content blocks: damage to a few pixels changes a block's code all around them, but
 * the correlation of two images only by those pixels. Contrast, offset, noise and erased parts all leave the right
 * image the most similar one. An image of one intensity has no such content; it is found by its mean.
 */
public final class ContentSearch {

    /**
     * Weight of an image's mean intensity relative to its pixels: small, since damage shifts the mean, but enough to
     * distinguish images of one intensity.
     */
    private static final double MEAN_WEIGHT = 0.1;

    /** Samples that are scored together, so that the sums do not wait for each other. */
    private static final int AT_ONCE = 16;

    private final int samples;
    private final int features;

    /**
     * The samples' features, [B, T / 16, F, 16]: sixteen samples' values of a feature are adjacent, T padded with
     * zeros.
     */
    private final double[] rows;

    /** The index in {@link #rows} of the first memory that is searched. */
    private final int firstEpisode;

    /** @param images what was written, read back: [B, T, Cx, Hx, Wx] */
    public ContentSearch(FloatTensor images) {
        this(images.dimension(0), images.dimension(1), images.size() / (images.dimension(0) * images.dimension(1)));
        for (int image = 0; image < images.dimension(0) * samples; image++) {
            set(image / samples, image % samples, images.data(), image * (features - 1));
        }
    }

    /** Room for T samples of one memory, images of {@code length} values, to be {@link #set}; of an owner's own. */
    public static ContentSearch empty(int samples, int length) {
        return new ContentSearch(1, samples, length);
    }

    private ContentSearch(int episodes, int samples, int length) {
        this.samples = samples;
        firstEpisode = 0;
        features = length + 1;
        rows = new double[Math.multiplyExact(Math.multiplyExact(episodes, groups() * AT_ONCE), features)];
    }

    /** Puts a sample of a memory of its owner, whose image begins at {@code from}. */
    public void set(int sample, float[] images, int from) {
        set(0, sample, images, from);
    }

    private void set(int episode, int sample, float[] images, int from) {
        int length = features - 1;
        int to = (episode * groups() + sample / AT_ONCE) * features * AT_ONCE + sample % AT_ONCE;
        double mean = 0;
        for (int i = 0; i < length; i++) {
            mean += images[from + i];
        }
        mean /= length;
        double squares = level(mean) * level(mean);
        for (int i = 0; i < length; i++) {
            double value = images[from + i] - mean;
            rows[to + i * AT_ONCE] = value;
            squares += value * value;
        }
        rows[to + length * AT_ONCE] = level(mean);
        double norm = squares == 0 ? 1 : Math.sqrt(squares);
        for (int i = 0; i <= length; i++) {
            rows[to + i * AT_ONCE] /= norm;
        }
    }

    private ContentSearch(ContentSearch whole, int episode) {
        samples = whole.samples;
        features = whole.features;
        rows = whole.rows;
        firstEpisode = whole.firstEpisode + episode;
    }

    /** The same search in the memories from {@code episode} on, without a copy. */
    public ContentSearch from(int episode) {
        return new ContentSearch(this, episode);
    }

    private int groups() {
        return (samples + AT_ONCE - 1) / AT_ONCE;
    }

    /** The length of the scores array of {@link #scores}: T rounded up. */
    public int scoreSlots() {
        return groups() * AT_ONCE;
    }

    /**
     * The feature for an image's mean, which follows the pixels less their mean; all are scaled to unit length, and an
     * image of intensity 1/2 throughout becomes zeros.
     */
    private double level(double mean) {
        return MEAN_WEIGHT * Math.sqrt(features - 1) * (mean - 0.5);
    }

    /**
     * Correlates one query with each sample of one memory, in float64.
     *
     * <p>Samples' pixels less their mean add up to 0, so that any number may be subtracted from a query's pixels.
     * Subtracting the first, often the background, leaves few pixels to multiply.
     *
     * @param queries images, one after the other
     * @param from where the query begins
     * @param episode the index of the memory
     * @param pixels scratch, one more than an image has values
     * @param values scratch, of the same length
     * @param scores receives T numbers, each in [-1, 1]; {@link #scoreSlots} long
     * @return the sample that matches best, the first of equals
     */
    public int scores(float[] queries, int from, int episode, int[] pixels, double[] values, double[] scores) {
        float background = queries[from];
        int length = features - 1;
        int count = 0;
        for (int i = 0; i < length; i++) {
            pixels[count] = i * AT_ONCE;
            values[count] = queries[from + i] - (double) background;
            // 1 if the bits differ. A branch, which no processor predicts here, would cost more than the products.
            int difference = Float.floatToRawIntBits(queries[from + i]) ^ Float.floatToRawIntBits(background);
            count += (difference | -difference) >>> 31;
        }
        double mean = 0;
        for (int i = 0; i < count; i++) {
            mean += values[i];
        }
        mean /= length;
        double level = level(background + mean);
        double squares = level * level + (length - count) * mean * mean;
        for (int i = 0; i < count; i++) {
            squares += (values[i] - mean) * (values[i] - mean);
        }
        pixels[count] = length * AT_ONCE;
        values[count++] = level;
        double scale = squares == 0 ? 0 : 1 / Math.sqrt(squares);
        for (int group = 0; group < groups(); group++) {
            groupScores(
                    pixels,
                    values,
                    count,
                    ((firstEpisode + episode) * groups() + group) * features * AT_ONCE,
                    scores,
                    group * AT_ONCE);
        }
        int best = 0;
        for (int sample = 0; sample < samples; sample++) {
            scores[sample] = Math.min(1, Math.max(-1, scores[sample] * scale));
            if (scores[sample] > scores[best]) {
                best = sample;
            }
        }
        return best;
    }

    /** A group's dot products of the features that are not 0. Sums in an array would take half as long again. */
    private void groupScores(int[] pixels, double[] values, int count, int from, double[] scores, int first) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        double s4 = 0;
        double s5 = 0;
        double s6 = 0;
        double s7 = 0;
        double s8 = 0;
        double s9 = 0;
        double s10 = 0;
        double s11 = 0;
        double s12 = 0;
        double s13 = 0;
        double s14 = 0;
        double s15 = 0;
        double[] rows = this.rows;
        for (int feature = 0; feature < count; feature++) {
            double q = values[feature];
            int at = from + pixels[feature];
            s0 += q * rows[at];
            s1 += q * rows[at + 1];
            s2 += q * rows[at + 2];
            s3 += q * rows[at + 3];
            s4 += q * rows[at + 4];
            s5 += q * rows[at + 5];
            s6 += q * rows[at + 6];
            s7 += q * rows[at + 7];
            s8 += q * rows[at + 8];
            s9 += q * rows[at + 9];
            s10 += q * rows[at + 10];
            s11 += q * rows[at + 11];
            s12 += q * rows[at + 12];
            s13 += q * rows[at + 13];
            s14 += q * rows[at + 14];
            s15 += q * rows[at + 15];
        }
        scores[first] = s0;
        scores[first + 1] = s1;
        scores[first + 2] = s2;
        scores[first + 3] = s3;
        scores[first + 4] = s4;
        scores[first + 5] = s5;
        scores[first + 6] = s6;
        scores[first + 7] = s7;
        scores[first + 8] = s8;
        scores[first + 9] = s9;
        scores[first + 10] = s10;
        scores[first + 11] = s11;
        scores[first + 12] = s12;
        scores[first + 13] = s13;
        scores[first + 14] = s14;
        scores[first + 15] = s15;
    }
}
