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
        assertThat(Likelihood.logistic(0)).isEqualTo(0.5f);
        assertThat(Likelihood.logistic(Float.MAX_VALUE)).isEqualTo(1);
        assertThat(Likelihood.logistic(-Float.MAX_VALUE)).isZero();
        assertThat(Likelihood.logistic(Float.POSITIVE_INFINITY)).isEqualTo(1);
        assertThat(Likelihood.logistic(Float.NaN)).isNaN();
    }
}
