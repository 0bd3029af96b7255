package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.kanerva.runtime.ModelSettings.Addressing;
import io.kanerva.runtime.ModelSettings.Writer;
import io.kanerva.runtime.math.Normal;
import org.junit.jupiter.api.Test;

class KeyGeometryTest {

    private static KeyGeometry geometry(Addressing addressing, int rows, int columns) {
        Planes memory = new Planes(10, 28, 56);
        return new KeyGeometry(new ModelSettings(
                Writer.HEAP,
                addressing,
                Likelihood.BERNOULLI,
                new Planes(1, 28, 28),
                memory,
                new Planes(10, 7, 7),
                1,
                16,
                rows,
                columns,
                0,
                0,
                rows * columns,
                0,
                1));
    }

    @Test
    void dereferencedSlotsTileTheMemoryHoweverManyThereAre() {
        KeyGeometry geometry = geometry(Addressing.DEREFERENCED, 4, 8);
        for (long slot : new long[] {0, 7, 8, 31, 32, 999_999, 8L * 16_777_215 + 7}) {
            float column = slot % 8;
            float row = slot / 8;
            assertThat(geometry.slot(column, row)).isEqualTo(slot);
            KeyGeometry.Window window = geometry.window(2.5f, column, row);
            assertThat(window).isEqualTo(new KeyGeometry.Window(slot % 8 * 7, slot / 8 * 7, 7, 7));
        }
        assertThat(geometry.slot(3.9f, 2.5f)).isEqualTo(19);
        for (float[] outside : new float[][] {{-1, 0}, {8, 0}, {0, -1}}) {
            assertThatThrownBy(() -> geometry.slot(outside[0], outside[1]))
                    .isInstanceOf(TensorException.class)
                    .hasMessage("KeyGeometry: expected a column from 0 to 7 and a row from 0 on, found " + outside[0]
                            + " and " + outside[1]);
        }
    }

    @Test
    void aCoordinateIsInTheCellOfItsQuantile() {
        assertThat(KeyGeometry.cell(Float.MIN_VALUE, 1)).isZero();
        assertThat(KeyGeometry.cell(-40, 8)).isZero();
        assertThat(KeyGeometry.cell(40, 8)).isEqualTo(7);
        assertThat(KeyGeometry.cell(-1e-4f, 2)).isZero();
        assertThat(KeyGeometry.cell(1e-4f, 2)).isEqualTo(1);
        NormalSampler sampler = new NormalSampler(5);
        for (int cells : new int[] {2, 7, 32, 125_000, 1_000_000}) {
            for (int i = 0; i < 1000; i++) {
                int cell = (int) ((i + 0.5) / 1000 * cells);
                // A tenth of a cell from its borders, which float32 resolves for so many.
                double share = 0.1 + 0.8 * (i % 10) / 9;
                float x = (float) Normal.quantile((cell + share) / cells);
                assertThat(KeyGeometry.cell(x, cells)).isEqualTo(cell);
            }
            int[] halves = new int[2];
            for (int i = 0; i < 2000; i++) {
                halves[2L * KeyGeometry.cell((float) sampler.next(), cells) < cells ? 0 : 1]++;
            }
            assertThat(halves[0]).isBetween(780, 1220);
        }
    }

    @Test
    void continuousWindowsMoveAndZoomInsideTheMemory() {
        KeyGeometry geometry = geometry(Addressing.CONTINUOUS, 4, 8);
        KeyGeometry.Window middle = geometry.window(0, 0, 0);
        assertThat(middle.left() + middle.width() / 2).isCloseTo(28, within(1e-9));
        assertThat(middle.top() + middle.height() / 2).isCloseTo(14, within(1e-9));
        assertThat(middle.width()).isCloseTo(7, within(1e-9));
        assertThat(geometry.window(100, 0, 0).width()).isCloseTo(7 * Math.exp(0.25), within(1e-9));
        assertThat(geometry.window(0, -100, 100).left()).isCloseTo(0, within(1e-9));
        assertThat(geometry.window(0, -100, 100).top()).isCloseTo(21, within(1e-9));
        // erf(1 / sqrt 2) = 0.6826894921370859
        assertThat(geometry.window(0, 1, 0).left())
                .isCloseTo(((1 - 0.125) * 0.6826894921370859 - 0.125 + 1) / 2 * 56, within(1e-9));
    }
}
