package io.kanerva.runtime;

/**
 * Finds a query's sample in a heap memory by content: the query's own content blocks are compared with what
 * each written sample's pointers read back.
 */
final class ContentSearch {

    private ContentSearch() {}

    /**
     * Scales every row to unit length; a row of zeros stays.
     *
     * @param blocks [B, N, K, C, h, w]
     * @return [B, N, K * C * h * w]
     */
    static FloatTensor unitRows(FloatTensor blocks) {
        int rows = blocks.dimension(0) * blocks.dimension(1);
        int length = blocks.size() / rows;
        FloatTensor unit = FloatTensor.zeros(blocks.dimension(0), blocks.dimension(1), length);
        for (int row = 0; row < rows; row++) {
            double squares = 0;
            for (int i = row * length; i < (row + 1) * length; i++) {
                squares += (double) blocks.data()[i] * blocks.data()[i];
            }
            double scale = squares == 0 ? 0 : 1 / Math.sqrt(squares);
            for (int i = row * length; i < (row + 1) * length; i++) {
                unit.data()[i] = (float) (blocks.data()[i] * scale);
            }
        }
        return unit;
    }

    /**
     * The match of each query with each sample: the cosine of the angle between the two.
     *
     * <p>This is the one place that decides how well contents match.
     *
     * @param queries unit rows, [B, Q, L]
     * @param samples unit rows, [B, T, L]
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
            double cosine = 0;
            for (int j = 0; j < length; j++) {
                cosine += queries.data()[query * length + j] * samples.data()[sample * length + j];
            }
            scores.data()[i] = (float) Math.min(1, Math.max(-1, cosine));
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
