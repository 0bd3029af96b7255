package io.kanerva.trainer.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Locale;
import org.junit.jupiter.api.Test;

class BoundReportTest {

    @Test
    void oneLineShowsTheBoundItsErrorItsTermsAndItsSetting() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.GERMANY);
            assertThat(new BoundReport(15.23456, 0.0821, 4.4, 10.83456, 0, Double.NaN, 0, 312, 32))
                    .hasToString("15.235 +- 0.082 nats per image = reconstruction 4.400 + KL(Y) 10.835 + KL(Z) 0.000 "
                            + "(312 episodes of T = 32, scored on the images that wrote M)");
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void theImportanceWeightedBoundIsShownIfComputed() {
        assertThat(new BoundReport(15, 0.1, 5, 10, 0, 13.98765, 64, 312, 32).toString())
                .endsWith("; importance-weighted with 64 samples: 13.988");
    }

    @Test
    void oneEpisodeHasNoStandardErrorToShow() {
        assertThat(new BoundReport(15, Double.NaN, 5, 10, 0, Double.NaN, 0, 1, 32).toString())
                .startsWith("15.000 nats per image = ")
                .contains("(1 episode of T = 32");
    }

    @Test
    void bitsADimensionAreNatsOverDimensionsAndLn2() {
        assertThat(new BoundReport(100, 0, 100, 0, 0, Double.NaN, 0, 1, 1).bitsPerDimension(784))
                .isCloseTo(100 / 784.0 / 0.6931471805599453, within(1e-12));
    }

    @Test
    void oneLineShowsTheBoundInBitsPerDimension() {
        double bit = 3072 * Math.log(2);
        assertThat(new BoundReport(3.5 * bit, 0.01 * bit, 3 * bit, 0.1 * bit, 0.4 * bit, 3.25 * bit, 64, 312, 32)
                        .bits(3072))
                .isEqualTo("3.5000 +- 0.0100 bits per dimension = reconstruction 3.0000 + KL(Y) 0.1000 + KL(Z) "
                        + "0.4000 (3,072 dimensions); importance-weighted with 64 samples: 3.2500");
        assertThat(new BoundReport(bit, Double.NaN, bit, 0, 0, Double.NaN, 0, 1, 32).bits(3072))
                .startsWith("1.0000 bits per dimension = ")
                .endsWith("(3,072 dimensions)");
    }
}
