package io.kanerva.runtime;

import io.kanerva.runtime.ModelSettings.Addressing;
import io.kanerva.runtime.ModelSettings.Writer;
import io.kanerva.runtime.math.Normal;

/**
 * Where keys point in a model's memories.
 *
 * <p>Continuous keys (scale s, x, y) open a window. Coordinates are ONNX GridSample's with align_corners = 0: the
 * memory spans [-1, 1] both ways; x runs along its width, y along its height. The window has half extent a =
 * exp(tanh(s) / 4) * w / W, or w / W for a pooled writer, around centre c = (1 - a) * erf(x / sqrt(2)), and along y
 * alike.
 *
 * <p>Dereferenced keys name a slot: (scale, column, row). Slots lie side by side, each of a block's pixels; columns and
 * rows are whole numbers, which float32 holds exactly up to 2^24, and a fraction has no effect. A key that is drawn
 * takes the name of a written sample. So names stay exact at every size, and a memory that grows leaves them as they
 * are.
 *
 * <p>Every method throws {@link TensorException} for a coordinate that is not finite.
 */
public final class KeyGeometry {

    private final ModelSettings settings;

    /** The geometry of a model with {@code settings}. */
    public KeyGeometry(ModelSettings settings) {
        this.settings = settings;
    }

    /**
     * A region of the memory's planes, in pixels: pixel (r, c) covers [c, c + 1] by [r, r + 1].
     *
     * @param left smallest column
     * @param top smallest row
     * @param width columns covered
     * @param height rows covered
     */
    public record Window(double left, double top, double width, double height) {}

    /** The cell in which a standard normal coordinate is, from 0 to {@code cells} - 1, of cells of equal prior mass. */
    public static int cell(float coordinate, int cells) {
        requireNumber(coordinate);
        return (int) Math.min(cells - 1, Math.floor(Normal.cdf(coordinate) * cells));
    }

    /**
     * The slot that a dereferenced key names: row * Gx + column. Sample t of a memory owns the slots t K to t K + K -
     * 1.
     *
     * @throws TensorException if the numbers are not those of a slot
     */
    public long slot(float column, float row) {
        requireNumber(column);
        requireNumber(row);
        if (column < 0 || column >= settings.slotColumns() || row < 0) {
            throw new TensorException(
                    "KeyGeometry: expected a column from 0 to %d and a row from 0 on, found %s and %s",
                    settings.slotColumns() - 1, column, row);
        }
        return (long) row * settings.slotColumns() + (long) column;
    }

    /** The window that a key, (scale, x, y) or (scale, column, row), cuts out of the memory. */
    public Window window(float scale, float x, float y) {
        requireNumber(scale);
        requireNumber(x);
        requireNumber(y);
        if (settings.addressing() == Addressing.DEREFERENCED) {
            long slot = slot(x, y);
            int width = settings.block().width();
            int height = settings.block().height();
            int columns = settings.slotColumns();
            return new Window(slot % columns * (double) width, slot / columns * (double) height, width, height);
        }
        double zoom = settings.writer() == Writer.POOLED ? 1 : Math.exp(0.25 * Math.tanh(scale));
        // erf(x / sqrt(2)) = 2 Phi(x) - 1
        double centreX = 2 * Normal.cdf(x) - 1;
        double centreY = 2 * Normal.cdf(y) - 1;
        double width = zoom * settings.block().width();
        double height = zoom * settings.block().height();
        double left = (settings.memory().width() - width) * (1 + centreX) / 2;
        double top = (settings.memory().height() - height) * (1 + centreY) / 2;
        return new Window(left, top, width, height);
    }

    private static void requireNumber(float coordinate) {
        if (!Float.isFinite(coordinate)) {
            throw new TensorException("KeyGeometry: expected a key of finite numbers, found %s", coordinate);
        }
    }
}
