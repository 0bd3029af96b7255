package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;
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
    void dereferencedSlotsTileTheMemory() {
        KeyGeometry geometry = geometry(Addressing.DEREFERENCED, 4, 8);
        for (int slot = 0; slot < 32; slot++) {
            float x = (float) Normal.quantile((slot % 8 + 0.5) / 8);
            float y = (float) Normal.quantile((slot / 8 + 0.5) / 4);
            assertThat(geometry.slot(x, y)).isEqualTo(slot);
            KeyGeometry.Window window = geometry.window(2.5f, x, y);
            assertThat(window.left()).isCloseTo(slot % 8 * 7, within(1e-9));
            assertThat(window.top()).isCloseTo(slot / 8 * 7, within(1e-9));
            assertThat(window.width()).isCloseTo(7, within(1e-9));
            assertThat(window.height()).isCloseTo(7, within(1e-9));
        }
    }

    @Test
    void aBoundaryBelongsToTheLowerCell() {
        KeyGeometry geometry = geometry(Addressing.DEREFERENCED, 1, 2);
        assertThat(geometry.column(0)).isZero();
        assertThat(geometry.column(Float.MIN_VALUE)).isEqualTo(1);
        assertThat(geometry.row(9)).isZero();
        assertThat(geometry.window(0, 0, 3).top()).isCloseTo(10.5, within(1e-9));
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
