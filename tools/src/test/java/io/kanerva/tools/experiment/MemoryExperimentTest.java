package io.kanerva.tools.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class MemoryExperimentTest {

    @Test
    void aFloatBecomesTheNearestOfEvenlySpacedValuesAndZeroStays() {
        // Two bits between -1 and 1: -0.75, -0.25, 0.25 and 0.75.
        float[] values = {-9, -0.6f, -0.4f, -0.01f, 0, 0.01f, 0.49f, 0.51f, 1, 9};
        float[] expected = {-0.75f, -0.75f, -0.25f, -0.25f, 0, 0.25f, 0.25f, 0.75f, 0.75f, 0.75f};
        for (int i = 0; i < values.length; i++) {
            assertThat(MemoryExperiment.quantised(values[i], 1, 2)).isEqualTo(expected[i]);
        }
        assertThat(MemoryExperiment.quantised(3, 2, 1)).isEqualTo(1);
        assertThat(MemoryExperiment.quantised(0.123456f, 1, 16)).isCloseTo(0.123456f, within(1f / (1 << 16)));
    }

    @Test
    void aModelThatWasTrainedForFewBitsIsFoundByItsLevels() {
        assertThat(MemoryExperiment.bits(List.of(new float[] {1, -1, 0}, new float[] {1, 1, -1})))
                .isEqualTo(1);
        assertThat(MemoryExperiment.bits(List.of(new float[] {1, -1}, new float[] {1, 1 / 3f, -1 / 3f})))
                .isEqualTo(2);
        assertThat(MemoryExperiment.bits(List.of(new float[] {1, -1}, new float[] {1, 0.34f})))
                .isEqualTo(32);
    }
}
