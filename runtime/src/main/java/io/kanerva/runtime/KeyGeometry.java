package io.kanerva.runtime;

import io.kanerva.runtime.ModelSettings.Addressing;
import io.kanerva.runtime.ModelSettings.Writer;
import io.kanerva.runtime.math.Normal;

/**
 * Where keys (scale s, x, y) point in a model's memory.
 *
 * <p>Coordinates are ONNX GridSample's with align_corners = 0: the memory spans [-1, 1] both ways; x runs along its
 * width, y along its height. A window of half extent a around centre c, both in these units:
 *
 * <ul>
 *   <li>continuous: a = exp(tanh(s) / 4) * w / W, or w / W for a pooled writer, and c = (1 - a) * erf(x / sqrt(2));
 *   <li>dereferenced: a = w / W and c = (1 - a) * (2 i / (Gx - 1) - 1), 0 if Gx is 1, where i is the {@link #column} of
 *       x.
 * </ul>
 *
 * <p>and the same along y with h, H and Gy. Every method throws {@link TensorException} for a coordinate that is not
 * finite.
 */
public final class KeyGeometry {

    private final ModelSettings settings;
    private final float[] columnBoundaries;
    private final float[] rowBoundaries;

    /** The geometry of a model with {@code settings}. */
    public KeyGeometry(ModelSettings settings) {
        this.settings = settings;
        columnBoundaries = boundaries(settings.slotColumns());
        rowBoundaries = boundaries(settings.slotRows());
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

    /** The column of the slot in whose cell {@code x} is: the number of quantiles of m / Gx below it. */
    public int column(float x) {
        return cell(columnBoundaries, x);
    }

    /** The row of the slot in whose cell {@code y} is: the number of quantiles of m / Gy below it. */
    public int row(float y) {
        return cell(rowBoundaries, y);
    }

    /** The slot of a dereferenced key: row * Gx + column. */
    public int slot(float x, float y) {
        return row(y) * settings.slotColumns() + column(x);
    }

    /** The window that a key cuts out of the memory. */
    public Window window(float scale, float x, float y) {
        requireNumber(scale);
        requireNumber(x);
        requireNumber(y);
        boolean snaps = settings.addressing() == Addressing.DEREFERENCED;
        boolean isFixed = snaps || settings.writer() == Writer.POOLED;
        double zoom = isFixed ? 1 : Math.exp(0.25 * Math.tanh(scale));
        // erf(x / sqrt(2)) = 2 Phi(x) - 1
        double centreX = snaps ? spread(column(x), settings.slotColumns()) : 2 * Normal.cdf(x) - 1;
        double centreY = snaps ? spread(row(y), settings.slotRows()) : 2 * Normal.cdf(y) - 1;
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

    private static double spread(int cell, int cells) {
        return cells == 1 ? 0 : 2.0 * cell / (cells - 1) - 1;
    }

    private static int cell(float[] boundaries, float coordinate) {
        requireNumber(coordinate);
        int cell = 0;
        while (cell < boundaries.length && boundaries[cell] < coordinate) {
            cell++;
        }
        return cell;
    }

    private static float[] boundaries(int cells) {
        float[] boundaries = new float[Math.max(0, cells - 1)];
        for (int m = 1; m < cells; m++) {
            boundaries[m - 1] = (float) Normal.quantile((double) m / cells);
        }
        return boundaries;
    }
}
