package io.kanerva.runtime.math;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kanerva.runtime.InferenceException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogisticTest {

    @Test
    void theLogisticFunctionIsStrictMathsRoundedToTheNearestFloat() {
        Random random = new Random(3);
        float[] logits = new float[200_000];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) (random.nextGaussian() * (i % 2 == 0 ? 5 : 60));
        }
        float[] found = logits.clone();
        ImageMeans.logistic(found, 0, new double[logits.length]);
        int others = 0;
        for (int i = 0; i < logits.length; i++) {
            float expected = (float) (1 / (1 + StrictMath.exp(-(double) logits[i])));
            assertThat(Math.abs(Float.floatToIntBits(found[i]) - Float.floatToIntBits(expected)))
                    .as("logit %s", logits[i])
                    .isLessThanOrEqualTo(1);
            others += found[i] == expected ? 0 : 1;
        }
        assertThat(others).as("rounded to the neighbour, of 200,000").isLessThan(4);
    }

    @Test
    void itsEndsAreZeroAndOneAndWhatLiesBesideStays() {
        float[] logits = {7, -0f, 0, 20, 700, -700, Float.MAX_VALUE, -Float.MAX_VALUE, 0, 7};
        ImageMeans.logistic(logits, 1, new double[8]);
        assertThat(logits).containsExactly(7, 0.5f, 0.5f, 1, 1, 0, 1, 0, 0.5f, 7);
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void aLogitThatIsNotFiniteHasNoImage(float logit) {
        float[] logits = {Float.NaN, 3, logit, 0, Float.NaN};
        assertThatThrownBy(() -> ImageMeans.logistic(logits, 1, new double[3]))
                .isInstanceOf(InferenceException.class)
                .hasMessage("the decoder's output 'logits': expected finite values, found " + logit);
    }
}
