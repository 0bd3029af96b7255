package io.kanerva.runtime.math;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.TensorException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContentSearchTest {

    private static final int EPISODES = 2;
    private static final int QUERIES = 9;

    /** Features and products as the graph recall has them, one after the other. */
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
        double[] scores = new double[ContentSearch.AT_ONCE];
        for (int query = 0; query < EPISODES * QUERIES; query++) {
            int episode = query / QUERIES;
            ContentQuery features = new ContentQuery(length);
            features.set(queries, query * length);
            for (int sample = 0; sample < samples; sample++) {
                search.scores(features, episode, sample / ContentSearch.AT_ONCE, scores);
                double expected = naiveScore(
                        queries, query * length, written.data(), (episode * samples + sample) * length, length);
                assertThat(scores[sample % ContentSearch.AT_ONCE])
                        .as("query %d, sample %d", query, sample)
                        .isCloseTo(expected, within(1e-12));
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
        double[] scores = new double[ContentSearch.AT_ONCE];
        ContentQuery features = new ContentQuery(784);
        features.set(query, 0);
        search.scores(features, 0, 0, scores);
        assertThat(scores).containsOnly(0);
        features.set(grey.data(), 0);
        search.scores(features, 0, 0, scores);
        assertThat(scores).containsOnly(0);
    }

    @Test
    void moreFeaturesThanAnArrayHoldsAreRefused() {
        assertThatThrownBy(() -> ContentSearch.empty(3_000_000, 784))
                .isInstanceOf(TensorException.class)
                .hasMessage("look up: expected memories whose samples have at most 2147483639 features in all, found "
                        + "2355000000 (1 x 3000000 x 785)");
    }
}
