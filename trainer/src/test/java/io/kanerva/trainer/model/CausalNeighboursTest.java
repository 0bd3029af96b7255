package io.kanerva.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CausalNeighboursTest {

    @Test
    void thereAreFourTwelveOrTwentyFourOrNone() {
        assertThat(IntStream.range(0, 100).filter(CausalNeighbours::exist)).containsExactly(0, 4, 12, 24);
    }

    @ParameterizedTest
    @CsvSource({"4, 1", "12, 2", "24, 3"})
    void theyAreAllPixelsWithinReachThatComeBefore(int count, int reach) {
        Set<String> expected = new HashSet<>();
        for (int row = -reach; row <= 0; row++) {
            for (int column = -reach; column <= (row < 0 ? reach : -1); column++) {
                expected.add(row + " " + column);
            }
        }
        assertThat(CausalNeighbours.reach(count)).isEqualTo(reach);
        assertThat(Arrays.stream(CausalNeighbours.offsets(count)).map(offset -> offset[0] + " " + offset[1]))
                .doesNotHaveDuplicates()
                .containsExactlyInAnyOrderElementsOf(expected);
    }

    /** Bundles rely on the order. */
    @Test
    void theNearestComeFirst() {
        assertThat(CausalNeighbours.offsets(12)).isDeepEqualTo(new int[][] {
            {0, -1}, {-1, -1}, {-1, 0}, {-1, 1}, {0, -2}, {-1, -2}, {-1, 2}, {-2, -2}, {-2, -1}, {-2, 0}, {-2, 1},
            {-2, 2}
        });
        assertThat(Arrays.copyOf(CausalNeighbours.offsets(24), 12)).isDeepEqualTo(CausalNeighbours.offsets(12));
        assertThat(Arrays.copyOfRange(CausalNeighbours.offsets(24), 12, 19))
                .isDeepEqualTo(new int[][] {{0, -3}, {-1, -3}, {-1, 3}, {-2, -3}, {-2, 3}, {-3, -3}, {-3, -2}});
    }

    @ParameterizedTest
    @CsvSource({"4", "12", "24"})
    void eachHoldsWhatLiesAtItsOffsetAndZeroOutsideOfTheImage(int count) {
        try (NDManager scratch = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            float[] found = CausalNeighbours.of(scratch.arange(1f, 41f).reshape(new Shape(1, 2, 4, 5)), count)
                    .toFloatArray();
            int[][] offsets = CausalNeighbours.offsets(count);
            for (int i = 0; i < found.length; i++) {
                int row = i / 5 % 4 + offsets[i / 40][0];
                int column = i % 5 + offsets[i / 40][1];
                boolean inside = row >= 0 && column >= 0 && column < 5;
                assertThat(found[i]).isEqualTo(inside ? i / 20 % 2 * 20 + row * 5 + column + 1 : 0);
            }
        }
    }
}
