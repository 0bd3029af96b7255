package io.kanerva.tools.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class DamageTest {
    /** Grey pictures, so that every replaced pixel shows. */
    private final Pictures grey = new Pictures(filled(10 * 1000, 0.5f), 10, 1, 40, 25);

    @Test
    void speckleIsProportionalToTheValueAndStaysInRange() {
        float[] spoiled = Damage.speckle(grey, 0.2, 1).values();
        double mean = IntStream.range(0, spoiled.length)
                .mapToDouble(i -> spoiled[i])
                .average()
                .orElseThrow();
        double variance = IntStream.range(0, spoiled.length)
                .mapToDouble(i -> Math.pow(spoiled[i] - mean, 2))
                .average()
                .orElseThrow();
        assertThat(mean).isCloseTo(0.5, Offset.offset(0.004));
        assertThat(Math.sqrt(variance)).isCloseTo(0.1, Offset.offset(0.003));
        float[] strong = Damage.speckle(grey, 5, 1).values();
        assertThat(IntStream.range(0, strong.length)).allMatch(i -> strong[i] >= 0 && strong[i] <= 1);
        assertThat(Damage.speckle(new Pictures(new float[100], 1, 1, 10, 10), 5, 1)
                        .values())
                .containsOnly(0f);
        assertThatThrownBy(() -> Damage.speckle(grey, -1, 1))
                .hasMessage("speckle deviation: expected at least 0, found -1.0");
    }

    @Test
    void poissonNoiseCountsPhotons() {
        // Half intensity at 10 photons: counts of mean and variance 5, over 10, rarely clamped at 1.
        float[] spoiled = Damage.poisson(grey, 10, 1).values();
        assertThat(IntStream.range(0, spoiled.length))
                .allMatch(i -> Math.abs(spoiled[i] * 10 - Math.round(spoiled[i] * 10)) < 1e-5
                        && spoiled[i] >= 0
                        && spoiled[i] <= 1);
        double mean = IntStream.range(0, spoiled.length)
                .mapToDouble(i -> spoiled[i])
                .average()
                .orElseThrow();
        assertThat(mean).isCloseTo(0.5, Offset.offset(0.01));
        assertThat(IntStream.range(0, spoiled.length)
                                .filter(i -> spoiled[i] < 0.05f)
                                .count()
                        / 10_000.0)
                .isCloseTo(Math.exp(-5), Offset.offset(0.004));
        assertThatThrownBy(() -> Damage.poisson(grey, 0, 1))
                .hasMessage("photons of a white pixel: expected above 0 and at most 100, found 0.0");
    }

    @Test
    void replacesTheGivenFractionByFairCoinFlips() {
        float[] spoiled = Damage.saltAndPepper(grey, 0.3, 1).values();
        long salt =
                IntStream.range(0, spoiled.length).filter(i -> spoiled[i] == 1).count();
        long pepper =
                IntStream.range(0, spoiled.length).filter(i -> spoiled[i] == 0).count();
        // Four standard deviations of 10,000 draws at 0.15 each.
        Offset<Double> tolerance = Offset.offset(4 * Math.sqrt(0.15 * 0.85 / 10_000));
        assertThat(salt / 10_000.0).isCloseTo(0.15, tolerance);
        assertThat(pepper / 10_000.0).isCloseTo(0.15, tolerance);
    }

    @Test
    void theSeedDeterminesTheDamagedPixels() {
        assertThat(Damage.saltAndPepper(grey, 0.3, 1).values())
                .isEqualTo(Damage.saltAndPepper(grey, 0.3, 1).values());
        assertThat(Damage.saltAndPepper(grey, 0.3, 2).values())
                .isNotEqualTo(Damage.saltAndPepper(grey, 0.3, 1).values());
        assertThat(Damage.saltAndPepper(grey, 0, 1).values()).isEqualTo(grey.values());
        assertThat(grey.values()).containsOnly(0.5f);
    }

    @Test
    void aLargerFractionDamagesASupersetOfThePixels() {
        float[] little = Damage.saltAndPepper(grey, 0.1, 1).values();
        float[] much = Damage.saltAndPepper(grey, 0.4, 1).values();
        assertThat(IntStream.range(0, little.length).filter(i -> little[i] != 0.5f))
                .isNotEmpty()
                .allMatch(i -> much[i] == little[i]);
    }

    @Test
    void erasesTheGivenHalf() {
        Pictures picture = new Pictures(filled(2 * 6, 1), 2, 1, 2, 3);
        assertThat(Damage.erase(picture, Damage.Half.TOP).values()).containsExactly(0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1);
        assertThat(Damage.erase(picture, Damage.Half.BOTTOM).values())
                .containsExactly(1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0);
        assertThat(Damage.erase(picture, Damage.Half.LEFT).values())
                .containsExactly(0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1);
        assertThat(Damage.erase(picture, Damage.Half.RIGHT).values())
                .containsExactly(1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0);
    }

    @Test
    void rejectsAFractionOutOfRange() {
        assertThatThrownBy(() -> Damage.saltAndPepper(grey, 1.5, 1))
                .hasMessage("damaged fraction: expected 0 to 1, found 1.5");
        assertThatThrownBy(() -> Damage.saltAndPepper(grey, Double.NaN, 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static float[] filled(int length, float value) {
        float[] values = new float[length];
        Arrays.fill(values, value);
        return values;
    }
}
