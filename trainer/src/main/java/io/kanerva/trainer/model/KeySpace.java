package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import org.apache.commons.statistics.distribution.NormalDistribution;

/**
 * The space of read keys (scale, x, y), prior N(0, I): the window of each continuous key, and the slot of each
 * dereferenced one.
 *
 * <p>Each axis is squashed by the normal distribution function, so that the prior covers the memory evenly. With
 * dereferenced keys, a key is dereferenced as soon as it is drawn: (scale, column, row) stands for it from then on.
 * Columns and rows are whole numbers, which float32 holds exactly up to 2^24, so that slots never get confused, however
 * many there are.
 */
final class KeySpace {
    /** The components of a key: scale, x, y. */
    static final int KEY = 3;

    private static final NormalDistribution NORMAL = NormalDistribution.of(0, 1);

    private final KanervaSettings settings;

    KeySpace(KanervaSettings settings) {
        this.settings = settings;
    }

    /**
     * The keys of all slots of continuous keys, row by row of the grid: [slots, 3]. The pooled writer's are the
     * quantiles that put windows on whole pixels: in a memory of n pixels, a window of b pixels begins at pixel p for
     * the quantile p / (n - b).
     */
    float[] slotKeys() {
        int rows = settings.slots().rows();
        int columns = settings.slots().columns();
        float[] keys = new float[rows * columns * KEY];
        for (int slot = 0; slot < rows * columns; slot++) {
            keys[slot * KEY] = slotScale(settings);
            keys[slot * KEY + 1] = slotKey(
                    slot % columns,
                    columns,
                    settings.block().columns(),
                    settings.memory().width());
            keys[slot * KEY + 2] = slotKey(
                    slot / columns,
                    rows,
                    settings.block().rows(),
                    settings.memory().height());
        }
        return keys;
    }

    private float slotKey(int slot, int slots, int side, int pixels) {
        return quantile(
                settings.writer() == WriterKind.POOLED
                        ? (slot * side + margin(slots, side, pixels)) / (double) (pixels - side)
                        : (slot + 0.5) / slots);
    }

    /** Pixels before the first of so many slots along an axis of a pooled memory. */
    static int margin(int slots, int side, int pixels) {
        return (pixels - slots * side) / 2;
    }

    /** The windows that continuous keys [B, N, 3] open. */
    Windows windows(NDArray keys) {
        NDArray x = keys.get(":, :, 1");
        NDArray y = keys.get(":, :, 2");
        float halfX = settings.block().columns() / (float) settings.memory().width();
        float halfY = settings.block().rows() / (float) settings.memory().height();
        if (settings.scaleRange() == 0) {
            // Zeros of the coordinates' shape through which no gradient flows.
            NDArray zero = x.gt(x).toType(DataType.FLOAT32, false);
            return new Windows(squashed(x, 1 - halfX), zero.add(halfX), squashed(y, 1 - halfY), zero.add(halfY));
        }
        NDArray stretch = Constant.scale(keys.get(":, :, 0").tanh(), settings.scaleRange())
                .exp();
        NDArray extentX = Constant.scale(stretch, halfX);
        NDArray extentY = Constant.scale(stretch, halfY);
        return new Windows(inside(x, extentX), extentX, inside(y, extentY), extentY);
    }

    /**
     * Dereferences keys [B, N, 3] that were drawn from the prior: (scale, x, y) becomes (scale, column, row) of the
     * slot in whose cell the key is, among the slots of a memory.
     */
    NDArray dereference(NDArray keys, int slotRows) {
        return keys.get(":, :, 0:1")
                .concat(cell(keys.get(":, :, 1:2"), settings.slots().columns()), 2)
                .concat(cell(keys.get(":, :, 2:"), slotRows), 2);
    }

    /** The scale of a written sample's pointers: with gist they read verbatim. */
    static float slotScale(KanervaSettings settings) {
        return settings.gist() ? quantile(0.75) : 0;
    }

    /** Index of the cell that each coordinate falls into, as floats of the same shape; cells have equal prior mass. */
    static NDArray cell(NDArray coordinate, int cells) {
        if (cells == 1) {
            return coordinate.gt(coordinate).toType(DataType.FLOAT32, false);
        }
        Shape shape = coordinate.getShape();
        NDManager manager = coordinate.getManager();
        long[] ones = new long[shape.dimension() + 1];
        java.util.Arrays.fill(ones, 1);
        ones[shape.dimension()] = cells - 1L;
        NDArray boundaries = manager.create(boundaries(cells), new Shape(ones));
        return coordinate
                .expandDims(shape.dimension())
                .gt(boundaries)
                .toType(DataType.FLOAT32, false)
                .sum(new int[] {shape.dimension()});
    }

    /** The cells' inner boundaries: quantiles m / cells of N(0, 1) as float32. */
    static float[] boundaries(int cells) {
        float[] boundaries = new float[cells - 1];
        for (int m = 1; m < cells; m++) {
            boundaries[m - 1] = quantile(m / (double) cells);
        }
        return boundaries;
    }

    /** The centre that a coordinate is squashed to, so that a window of that half extent stays inside the memory. */
    private static NDArray squashed(NDArray coordinate, double range) {
        return Constant.scale(Constant.scale(coordinate, Math.sqrt(0.5)).erf(), range);
    }

    /** The same for windows of several sizes. */
    private static NDArray inside(NDArray coordinate, NDArray half) {
        return Constant.scale(coordinate, Math.sqrt(0.5)).erf().mul(half.neg().add(1f));
    }

    private static float quantile(double probability) {
        return (float) NORMAL.inverseCumulativeProbability(probability);
    }
}
