package io.kanerva.runtime.math;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The tables come from a computation with 40 digits. */
class NormalTest {

    @ParameterizedTest
    @CsvSource({
        "-37, 5.7255712225245768227e-300",
        "-20, 2.7536241186062336951e-89",
        "-8, 6.2209605742717841235e-16",
        "-5, 2.8665157187919391167e-7",
        "-3.0000001, 0.0013498975884453198106",
        "-3, 0.0013498980316300945267",
        "-2.9999, 0.0013503412829549239701",
        "-1.5, 0.066807201268858066004",
        "-0.1, 0.46017216272297101853",
        "0, 0.5",
        "1e-5, 0.50000398942280394784",
        "0.5, 0.69146246127401310364",
        "1, 0.84134474606854294859",
        "1.96, 0.97500210485177956586",
        "2.5, 0.99379033467422386483",
        "4, 0.99996832875816688008",
        "7, 0.99999999999872018746"
    })
    void distributionFunctionMatchesItsTable(double x, double expected) {
        assertThat(Normal.cdf(x)).isCloseTo(expected, within(1e-15));
        if (Math.abs(x) >= 3) {
            // The tail keeps its digits, not only its place after the point.
            assertThat(Normal.cdf(x) / expected).isCloseTo(1, within(1e-12));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1e-300, -37.047096299361199237",
        "1e-20, -9.2623400897984075737",
        "1.25e-7, -5.1577013121988804718",
        "1e-6, -4.7534243088228989482",
        "0.001, -3.0902323061678135415",
        "0.025, -1.9599639845400542355",
        "0.074, -1.4466320671589784837",
        "0.076, -1.4325027208258116056",
        "0.25, -0.6744897501960817432",
        "0.4, -0.2533471031357997988",
        "0.5, 0",
        "0.75, 0.6744897501960817432",
        "0.9, 1.281551565544600467"
    })
    void quantileMatchesItsTable(double p, double expected) {
        assertThat(Normal.quantile(p)).isCloseTo(expected, within(2e-15 * Math.max(1, Math.abs(expected))));
    }

    @Test
    void theTwoAreEachOthersInverse() {
        for (double x = -8; x <= 5; x += 0.001) {
            assertThat(Normal.quantile(Normal.cdf(x))).isCloseTo(x, within(1e-9));
        }
    }

    @Test
    void bothReachTheirEnds() {
        assertThat(Normal.cdf(Double.NEGATIVE_INFINITY)).isZero();
        assertThat(Normal.cdf(Double.POSITIVE_INFINITY)).isEqualTo(1);
        assertThat(Normal.cdf(Double.NaN)).isNaN();
        assertThat(Normal.quantile(0)).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(Normal.quantile(1)).isEqualTo(Double.POSITIVE_INFINITY);
    }

    @ParameterizedTest
    @ValueSource(doubles = {-1e-9, 1.1, Double.NaN})
    void quantileRefusesWhatIsNoProbability(double p) {
        assertThatThrownBy(() -> Normal.quantile(p))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected a probability from 0 to 1, found " + p);
    }
}
