package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NormalSamplerTest {

    /** The known answers that Random123 publishes for philox4x32 with 10 rounds. */
    @ParameterizedTest
    @CsvSource({
        "00000000 00000000 00000000 00000000, 00000000 00000000, 6627e8d5 e169c58d bc57ac4c 9b00dbd8",
        "ffffffff ffffffff ffffffff ffffffff, ffffffff ffffffff, 408f276d 41c83b0e a20bc7c6 6d5451fd",
        "243f6a88 85a308d3 13198a2e 03707344, a4093822 299f31d0, d16cfe09 94fdcceb 5001e420 24126ea1"
    })
    void philoxGivesItsPublishedKnownAnswers(String counter, String key, String block) {
        int[] c = words(counter);
        int[] k = words(key);
        assertThat(NormalSampler.philox(c[0], c[1], c[2], c[3], k[0], k[1])).containsExactly(words(block));
    }

    /** Computed with an independent Python version of the specification in the class comment. */
    @ParameterizedTest
    @CsvSource({
        "0, 0.9911376799303855 -0.9246625876655352 -0.6176089594591907 -0.48206858748717946 -0.15363823029788248",
        "-2, -1.0096308981673106 1.1508908865616339 2.4608886726749875 -1.2401939296381266 -0.9195776865423558",
        "1311768467463790320, -2.5333255268986608 0.4897107674052956 0.3359011420780843 0.6009690947873512 "
                + "-1.2467146881006024"
    })
    void givesTheSpecifiedNumbers(long seed, String expected) {
        NormalSampler sampler = new NormalSampler(seed);
        for (String number : expected.split(" ")) {
            assertThat(sampler.next()).isCloseTo(Double.parseDouble(number), within(1e-14));
        }
    }

    @Test
    void tensorsContinueTheSequenceInRowMajorOrder() {
        NormalSampler one = new NormalSampler(5);
        NormalSampler other = new NormalSampler(5);
        FloatTensor first = one.tensor(2, 3);
        FloatTensor second = one.tensor(1);
        for (float number : first.data()) {
            assertThat(number).isEqualTo((float) other.next());
        }
        assertThat(second.get(0)).isEqualTo((float) other.next());
    }

    @Test
    void numbersAreStandardNormal() {
        NormalSampler sampler = new NormalSampler(42);
        int count = 200_000;
        double[] powers = new double[4];
        for (int i = 0; i < count; i++) {
            double number = sampler.next();
            for (int p = 0; p < 4; p++) {
                powers[p] += Math.pow(number, p + 1) / count;
            }
        }
        // Five standard errors of each sample moment: sqrt of 1, 2, 15 and 96 over the count.
        double unit = 5 / Math.sqrt(count);
        assertThat(powers[0]).isCloseTo(0, within(unit));
        assertThat(powers[1]).isCloseTo(1, within(unit * Math.sqrt(2)));
        assertThat(powers[2]).isCloseTo(0, within(unit * Math.sqrt(15)));
        assertThat(powers[3]).isCloseTo(3, within(unit * Math.sqrt(96)));
    }

    private static int[] words(String text) {
        String[] parts = text.trim().split(" ");
        int[] words = new int[parts.length];
        for (int i = 0; i < words.length; i++) {
            words[i] = Integer.parseUnsignedInt(parts[i], 16);
        }
        return words;
    }
}
