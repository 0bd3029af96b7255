package io.kanerva.runtime.math;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kanerva.runtime.FloatTensor;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContentSearchTest {

    private static final int EPISODES = 2;
    private static final int QUERIES = 9;

    /** Features and products as SAMPLER.md has them, one after the other. */
    private static double naiveScore(float[] query, int from, float[] sample, int at, int length) {
        double[] one = naiveFeatures(query, from, length);
        double[] other = naiveFeatures(sample, at, length);
        double sum = 0;
        for (int i = 0; i <= length; i++) {
            sum += one[i] * other[i];
        }
        return Math.max(-1, Math.min(1, sum));
    }

    private static double[] naiveFeatures(float[] images, int from, int length) {
        double mean = 0;
        for (int i = 0; i < length; i++) {
            mean += images[from + i] / (double) length;
        }
        double[] features = new double[length + 1];
        features[length] = 0.1 * Math.sqrt(length) * (mean - 0.5);
        double squares = features[length] * features[length];
        for (int i = 0; i < length; i++) {
            features[i] = images[from + i] - mean;
            squares += features[i] * features[i];
        }
        for (int i = 0; i <= length; i++) {
            features[i] = squares == 0 ? 0 : features[i] / Math.sqrt(squares);
        }
        return features;
    }

    @ParameterizedTest
    @CsvSource({"1,28,28,32,0", "1,28,28,32,0.9", "1,28,28,11,-1", "3,5,7,9,0", "1,1,1,3,-1", "1,3,3,1,1"})
    void scoresAreTheProductsOfFeaturesWhateverTheBackground(
            int channels, int height, int width, int samples, float background) {
        Random random = new Random(2);
        int length = channels * height * width;
        FloatTensor written = FloatTensor.zeros(EPISODES, samples, channels, height, width);
        for (int i = 0; i < written.size(); i++) {
            written.data()[i] = random.nextFloat();
        }
        float[] queries = new float[EPISODES * QUERIES * length];
        for (int i = 0; i < queries.length; i++) {
            queries[i] = background >= 0 && random.nextInt(3) > 0 ? background : random.nextFloat();
        }
        ContentSearch search = new ContentSearch(written);
        double[] scores = new double[search.scoreSlots()];
        for (int query = 0; query < EPISODES * QUERIES; query++) {
            int episode = query / QUERIES;
            int best = search.scores(
                    queries, query * length, episode, new int[length + 1], new double[length + 1], scores);
            for (int sample = 0; sample < samples; sample++) {
                double expected = naiveScore(
                        queries, query * length, written.data(), (episode * samples + sample) * length, length);
                assertThat(scores[sample])
                        .as("query %d, sample %d", query, sample)
                        .isCloseTo(expected, within(1e-12));
                assertThat(scores[sample]).isLessThanOrEqualTo(scores[best]);
            }
        }
    }

    @Test
    void greyOfTheIntensityOneHalfHasNoContentAtAnySize() {
        FloatTensor grey = FloatTensor.zeros(1, 1, 1, 28, 28);
        Arrays.fill(grey.data(), 0.5f);
        float[] query = new float[784];
        query[3] = 1;
        ContentSearch search = new ContentSearch(grey);
        double[] scores = new double[search.scoreSlots()];
        search.scores(query, 0, 0, new int[785], new double[785], scores);
        assertThat(scores).containsOnly(0);
        search.scores(grey.data(), 0, 0, new int[785], new double[785], scores);
        assertThat(scores).containsOnly(0);
    }

    @Test
    void ofEqualSamplesTheFirstIsFoundAndImagesOfOneIntensityByTheirMean() {
        FloatTensor written = FloatTensor.zeros(1, 5, 1, 2, 2);
        // Dark, light, a corner, the same corner, grey.
        Arrays.fill(written.data(), 0, 4, 0.1f);
        Arrays.fill(written.data(), 4, 8, 0.9f);
        written.data()[8] = 1;
        written.data()[12] = 1;
        Arrays.fill(written.data(), 16, 20, 0.5f);
        ContentSearch search = new ContentSearch(written);
        double[] scores = new double[search.scoreSlots()];
        float[] queries = {0.9f, 0, 0, 0, 0.2f, 0.2f, 0.2f, 0.2f, 0.7f, 0.7f, 0.7f, 0.7f, 0.5f, 0.5f, 0.5f, 0.5f};
        int[] expected = {2, 0, 1, 0};
        for (int query = 0; query < 4; query++) {
            assertThat(search.scores(queries, 4 * query, 0, new int[5], new double[5], scores))
                    .as("query %d", query)
                    .isEqualTo(expected[query]);
        }
        assertThat(scores).as("grey is like nothing").containsOnly(0);
    }
}
