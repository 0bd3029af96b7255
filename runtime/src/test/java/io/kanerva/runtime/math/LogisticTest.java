package io.kanerva.runtime.math;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

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
        float[] logits = {
            7,
            -0f,
            0,
            20,
            700,
            -700,
            Float.MAX_VALUE,
            -Float.MAX_VALUE,
            Float.POSITIVE_INFINITY,
            Float.NEGATIVE_INFINITY,
            Float.NaN,
            0,
            7
        };
        ImageMeans.logistic(logits, 1, new double[11]);
        assertThat(logits).containsExactly(7, 0.5f, 0.5f, 1, 1, 0, 1, 0, 1, 0, Float.NaN, 0.5f, 7);
    }
}
