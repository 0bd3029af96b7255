package io.kanerva.runtime;

/**
 * Finds a query's sample in a heap memory by content: the query is compared with the image that each written
 * sample's pointers read back, by normalised correlation.
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

    private ContentSearch() {}

    /**
     * Makes images comparable: the pixels less their mean, then one number for the mean itself, all scaled to unit
     * length. An image of the intensity 1/2 throughout becomes zeros.
     *
     * @param images [B, N, Cx, Hx, Wx]
     * @return [B, N, Cx * Hx * Wx + 1]
     */
    static FloatTensor standardised(FloatTensor images) {
        int rows = images.dimension(0) * images.dimension(1);
        int length = images.size() / rows;
        FloatTensor standardised = FloatTensor.zeros(images.dimension(0), images.dimension(1), length + 1);
        for (int row = 0; row < rows; row++) {
            int from = row * length;
            double sum = 0;
            for (int i = from; i < from + length; i++) {
                sum += images.data()[i];
            }
            double mean = sum / length;
            double level = MEAN_WEIGHT * Math.sqrt(length) * (mean - 0.5);
            double squares = level * level;
            for (int i = from; i < from + length; i++) {
                squares += (images.data()[i] - mean) * (images.data()[i] - mean);
            }
            double scale = squares == 0 ? 0 : 1 / Math.sqrt(squares);
            int to = row * (length + 1);
            for (int i = 0; i < length; i++) {
                standardised.data()[to + i] = (float) ((images.data()[from + i] - mean) * scale);
            }
            standardised.data()[to + length] = (float) (level * scale);
        }
        return standardised;
    }

    /**
     * The match of each query with each sample: the correlation of the two.
     *
     * <p>This is the one place that decides how well contents match.
     *
     * @param queries standardised images, [B, Q, L]
     * @param samples standardised images, [B, T, L]
     * @return [B, Q, T], each in [-1, 1]
     */
    static FloatTensor scores(FloatTensor queries, FloatTensor samples) {
        int queriesEach = queries.dimension(1);
        int samplesEach = samples.dimension(1);
        int length = queries.dimension(2);
        FloatTensor scores = FloatTensor.zeros(queries.dimension(0), queriesEach, samplesEach);
        for (int i = 0; i < scores.size(); i++) {
            int query = i / samplesEach;
            int sample = query / queriesEach * samplesEach + i % samplesEach;
            double correlation = 0;
            for (int j = 0; j < length; j++) {
                correlation += queries.data()[query * length + j] * samples.data()[sample * length + j];
            }
            scores.data()[i] = (float) Math.min(1, Math.max(-1, correlation));
        }
        return scores;
    }

    /** The index of each row's largest score, the first of equals; [B * Q] from [B, Q, T]. */
    static int[] best(FloatTensor scores) {
        int samples = scores.dimension(2);
        int[] best = new int[scores.size() / samples];
        for (int row = 0; row < best.length; row++) {
            for (int sample = 1; sample < samples; sample++) {
                if (scores.data()[row * samples + sample] > scores.data()[row * samples + best[row]]) {
                    best[row] = sample;
                }
            }
        }
        return best;
    }

    /** The pointers of the samples that were found: [B, Q, K, 3] from [B, T, K, 3] and [B * Q]. */
    static FloatTensor keysOf(FloatTensor pointers, int[] samples) {
        int episodes = pointers.dimension(0);
        int queriesEach = samples.length / episodes;
        int numbers = pointers.dimension(2) * 3;
        FloatTensor keys = FloatTensor.zeros(episodes, queriesEach, pointers.dimension(2), 3);
        for (int query = 0; query < samples.length; query++) {
            int sample = query / queriesEach * pointers.dimension(1) + samples[query];
            System.arraycopy(pointers.data(), sample * numbers, keys.data(), query * numbers, numbers);
        }
        return keys;
    }
}
