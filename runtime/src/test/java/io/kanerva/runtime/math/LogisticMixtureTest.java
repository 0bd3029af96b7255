package io.kanerva.runtime.math;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.NormalSampler;
import io.kanerva.runtime.Planes;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogisticMixtureTest {

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void theProbabilitiesOfTheLevelsSumToOne(long seed) {
        LogisticMixture mixture = new LogisticMixture(new Planes(1, 1, 1), 0);
        FloatTensor parameters = repeated(new NormalSampler(seed).tensor(30), 256);
        FloatTensor images = FloatTensor.zeros(1, 256, 1, 1, 1);
        for (int k = 0; k < 256; k++) {
            images.data()[k] = k / 255f;
        }
        assertThat(probability(nats(mixture, images, parameters))).isCloseTo(1, within(1e-12));
    }

    /**
     * Green and blue given red: what the sum over both leaves is the probability of red, which a mixture of one channel
     * has too.
     */
    @Test
    void theProbabilitiesOfGreenAndBlueGivenRedSumToOne() {
        LogisticMixture mixture = new LogisticMixture(new Planes(3, 1, 1), 0);
        FloatTensor one = new NormalSampler(4).tensor(100);
        FloatTensor images = FloatTensor.zeros(1, 256 * 256, 3, 1, 1);
        for (int i = 0; i < 256 * 256; i++) {
            images.data()[3 * i] = 90 / 255f;
            images.data()[3 * i + 1] = i / 256 / 255f;
            images.data()[3 * i + 2] = i % 256 / 255f;
        }
        double sum = probability(nats(mixture, images, repeated(one, 256 * 256)));
        FloatTensor red = FloatTensor.zeros(1, 1, 30, 1, 1);
        System.arraycopy(one.data(), 0, red.data(), 0, 20);
        System.arraycopy(one.data(), 40, red.data(), 20, 10);
        FloatTensor level = FloatTensor.zeros(1, 1, 1, 1, 1);
        level.data()[0] = 90 / 255f;
        double expected = Math.exp(-nats(new LogisticMixture(new Planes(1, 1, 1), 0), level, red)[0]);
        assertThat(sum).isCloseTo(expected, within(1e-12));
    }

    /** s(m + h) - s(m - h) for mean 0 and scale 1, worked out by hand. */
    @Test
    void theMassOfALevelIsThatOfItsInterval() {
        assertThat(Math.exp(LogisticMixture.logMass(128, 1.0 / 255, 0, 0))).isCloseTo(0.00196077428, within(1e-9));
        assertThat(Math.exp(LogisticMixture.logMass(0, -1, 0, 0)))
                .isCloseTo(1 / (1 + Math.exp(254.0 / 255)), within(1e-12));
        assertThat(Math.exp(LogisticMixture.logMass(255, 1, 0, 0)))
                .isCloseTo(1 / (1 + Math.exp(254.0 / 255)), within(1e-12));
        assertThat(LogisticMixture.logMass(10, -0.9, 50, -7)).isFinite().isNegative();
        assertThat(LogisticMixture.logMass(10, -0.9, 0, 7))
                .isCloseTo(Math.log(2.0 / 255 / Math.exp(7) / 4), within(1e-3));
    }

    /**
     * With scales near zero a sample is its mean, and neighbours pass their errors on: each pixel doubles the error of
     * the one to its left.
     */
    @Test
    void samplesFollowTheirNeighboursInReadingOrder() {
        LogisticMixture mixture = new LogisticMixture(new Planes(1, 1, 4), 4);
        assertThat(LogisticMixture.parameters(1, 4)).isEqualTo(35);
        int places = 4;
        FloatTensor parameters = FloatTensor.zeros(1, 1, 35, 1, places);
        for (int m = 0; m < 10; m++) {
            // The first pixel is 0.05 above r, the others expect what their left neighbour was off, twice.
            parameters.data()[(10 + m) * places] = 0.05f;
            for (int place = 0; place < places; place++) {
                parameters.data()[(20 + m) * places + place] = -7;
            }
        }
        for (int place = 0; place < places; place++) {
            parameters.data()[30 * places + place] = -0.2f;
            parameters.data()[31 * places + place] = 2;
        }
        float[] sample = sample(mixture, parameters, 4, 5);
        double[] errors = {0.05, 0.1, 0.2, 0.4};
        for (int place = 0; place < places; place++) {
            assertThat(2 * sample[place] - 1 + 0.2)
                    .as("error of pixel %d", place)
                    .isCloseTo(errors[place], within(0.05));
        }
        assertThat(sample(mixture, parameters, 4, 5)).isEqualTo(sample);
    }

    /**
     * One pixel is off by 0.4, and one coefficient of each pixel is 1: the pixel that has the other as that neighbour
     * is off as much.
     */
    @ParameterizedTest
    @ValueSource(ints = {4, 12, 24})
    void neighboursAreCountedByDistanceThenFromTheSidesThenFromLeftToRight(int neighbours) {
        String[] expected = {
            "",
            "0-1 -1-1 -1+0 -1+1",
            "0-2 -1-2 -1+2 -2-2 -2-1 -2+0 -2+1 -2+2",
            "0-3 -1-3 -1+3 -2-3 -2+3 -3-3 -3-2 -3-1 -3+0 -3+1 -3+2 -3+3"
        };
        int reach = LogisticMixture.reach(neighbours);
        String[] order =
                String.join(" ", Arrays.copyOfRange(expected, 1, reach + 1)).split(" ");
        assertThat(order).hasSize(neighbours);
        int places = 4 * 7;
        int count = LogisticMixture.parameters(1, neighbours);
        for (int n = 0; n < neighbours; n++) {
            FloatTensor parameters = FloatTensor.zeros(1, 1, count, 4, 7);
            for (int place = 0; place < places; place++) {
                for (int m = 0; m < 10; m++) {
                    parameters.data()[(20 + m) * places + place] = -7;
                }
                parameters.data()[(31 + n) * places + place] = 1;
            }
            int middle = 3 * 7 + 3;
            int split = order[n].lastIndexOf(order[n].contains("+") ? '+' : '-');
            int source = middle
                    + 7 * Integer.parseInt(order[n].substring(0, split))
                    + Integer.parseInt(order[n].substring(split));
            for (int m = 0; m < 10; m++) {
                parameters.data()[(10 + m) * places + source] = 0.4f;
            }
            float[] sample = sample(new LogisticMixture(new Planes(1, 4, 7), neighbours), parameters, places, 5);
            assertThat(2 * sample[middle] - 1)
                    .as("the error of neighbour %s", order[n])
                    .isCloseTo(0.4f, within(0.05f));
        }
    }

    @Test
    void samplesHaveTheProbabilitiesOfTheirLevels() {
        LogisticMixture mixture = new LogisticMixture(new Planes(1, 1, 1), 0);
        FloatTensor one = new NormalSampler(6).tensor(30);
        int draws = 200_000;
        float[] samples = sample(mixture, repeated(one, draws), draws, 7);
        double[] found = new double[4];
        for (float value : samples) {
            found[Math.round(value * 255) / 64] += 1.0 / draws;
        }
        FloatTensor levels = FloatTensor.zeros(1, 256, 1, 1, 1);
        for (int k = 0; k < 256; k++) {
            levels.data()[k] = k / 255f;
        }
        double[] nats = nats(mixture, levels, repeated(one, 256));
        for (int quarter = 0; quarter < 4; quarter++) {
            double expected = probability(Arrays.copyOfRange(nats, 64 * quarter, 64 * (quarter + 1)));
            assertThat(found[quarter]).isCloseTo(expected, within(5 * Math.sqrt(0.25 / draws)));
        }
    }

    @Test
    void theMeanImageIsThatOfManySamplesWhereTheRangeDoesNotCutThemOff() {
        LogisticMixture mixture = new LogisticMixture(new Planes(3, 1, 1), 0);
        FloatTensor one = new NormalSampler(8).tensor(100);
        for (int i = 10; i < 70; i++) {
            // Means in [-0.3, 0.3], scales about 0.02.
            one.data()[i] = i < 40 ? (float) (0.3 * Math.tanh(one.data()[i])) : -4;
        }
        float[] means = new float[3];
        mixture.means(one.data(), means);
        int draws = 20_000;
        float[] samples = sample(mixture, repeated(one, draws), 3 * draws, 9);
        for (int c = 0; c < 3; c++) {
            double sum = 0;
            for (int i = 0; i < draws; i++) {
                sum += samples[3 * i + c];
            }
            assertThat((double) means[c]).isCloseTo(sum / draws, within(0.005));
        }
    }

    private static double[] nats(LogisticMixture mixture, FloatTensor images, FloatTensor parameters) {
        double[] nats = new double[images.dimension(1)];
        mixture.negativeLogLikelihood(images.data(), parameters.data(), nats);
        return nats;
    }

    private static float[] sample(LogisticMixture mixture, FloatTensor parameters, int numbers, long seed) {
        float[] images = new float[numbers];
        mixture.sample(parameters.data(), images, new NormalSampler(seed));
        return images;
    }

    private static FloatTensor repeated(FloatTensor one, int times) {
        FloatTensor all = FloatTensor.zeros(1, times, one.size(), 1, 1);
        for (int i = 0; i < times; i++) {
            System.arraycopy(one.data(), 0, all.data(), i * one.size(), one.size());
        }
        return all;
    }

    private static double probability(double[] nats) {
        return Arrays.stream(nats).map(n -> Math.exp(-n)).sum();
    }
}
