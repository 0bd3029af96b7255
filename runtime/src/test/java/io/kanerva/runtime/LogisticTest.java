package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class LogisticTest {

    @Test
    void theLogisticFunctionIsStrictMathsToOneUnitInTheLastPlace() {
        Random random = new Random(3);
        int others = 0;
        for (int i = 0; i < 200_000; i++) {
            float logit = (float) (random.nextGaussian() * (i % 2 == 0 ? 5 : 60));
            float expected = (float) (1 / (1 + StrictMath.exp(-(double) logit)));
            float found = Likelihood.logistic(logit);
            assertThat(Math.abs(Float.floatToIntBits(found) - Float.floatToIntBits(expected))).as("logit %s", logit).isLessThanOrEqualTo(1);
            others += found == expected ? 0 : 1;
        }
        assertThat(others).isLessThan(40);
    }

    @Test
    void itsEndsAreZeroAndOne() {
        float[] logits = {-0f, 0, 20, 700, -700, Float.MAX_VALUE, -Float.MAX_VALUE, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN, 0};
        float[] images = new float[logits.length];
        Likelihood.BERNOULLI.means(null, logits, images);
        assertThat(images).containsExactly(0.5f, 0.5f, 1, 1, 0, 1, 0, 1, 0, Float.NaN, 0.5f);
        Likelihood.BERNOULLI.means(null, logits, logits);
        assertThat(logits).as("in place").containsExactly(images);
    }
}
