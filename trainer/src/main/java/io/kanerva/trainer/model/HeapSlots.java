package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;

/**
 * The slots of a heap whose keys are dereferenced. They lie on whole pixels, side by side: slot (row, column) of a
 * memory [C, Gy h, Gx w] covers the pixels from (row h, column w) on. So a write is a transposition and a read a copy,
 * exact to the bit on every engine.
 */
final class HeapSlots {

    private HeapSlots() {}

    /**
     * Puts blocks into the first slots, row by row; the others are 0.
     *
     * @param blocks [B, N, C, h, w]
     * @param slotRows Gy; there are at least N slots
     * @param slotColumns Gx
     * @return memories [B, C, Gy h, Gx w]
     */
    static NDArray write(NDArray blocks, long slotRows, int slotColumns) {
        Shape shape = blocks.getShape();
        long b = shape.get(0);
        long c = shape.get(2);
        long h = shape.get(3);
        long w = shape.get(4);
        NDArray slots = blocks;
        if (slotColumns > 1) {
            // As many zeros as a row may lack, less what is too many: two sizes that are simple functions of N, as the
            // exporter needs them.
            NDArray none = blocks.getManager().zeros(new Shape(b, slotColumns - 1, c, h, w), blocks.getDataType());
            slots = blocks.concat(none, 1).get(":, 0:" + slotRows * slotColumns);
        }
        return slots.reshape(b, slotRows, slotColumns, c, h, w)
                .transpose(0, 3, 1, 4, 2, 5)
                .reshape(b, c, slotRows * h, slotColumns * w);
    }

    /**
     * Reads the blocks of slots. The work depends on the number of reads, not on the memories' size.
     *
     * @param memory [B, C, H, W]
     * @param keys (scale, column, row), [B, N, 3]; a fraction has no effect, and a place outside is the nearest inside
     * @param block h x w
     * @param slotColumns Gx, W / w
     * @return [B, N, C, h, w]
     */
    static NDArray read(NDArray memory, NDArray keys, Grid block, int slotColumns) {
        Shape shape = memory.getShape();
        long b = shape.get(0);
        long c = shape.get(1);
        long height = shape.get(2);
        long n = keys.getShape().get(1);
        int h = block.rows();
        // The memory as a table of pieces of w pixels, of which a block has h in each channel.
        NDArray table = memory.reshape(b * c * height * slotColumns, block.columns());
        NDManager manager = memory.getManager();
        NDArray piece = whole(keys.get(":, :, 1"))
                .clip(0, slotColumns - 1)
                .add(whole(keys.get(":, :, 2")).mul(h).clip(0, height - h).mul(slotColumns))
                .reshape(b, n, 1, 1)
                .add(steps(manager, b, c * height * slotColumns).reshape(b, 1, 1, 1))
                .add(steps(manager, c, height * slotColumns).reshape(1, 1, c, 1))
                .add(steps(manager, h, slotColumns).reshape(1, 1, 1, h));
        return piece.getNDArrayInternal()
                .embedding(piece, table, SparseFormat.DENSE)
                .singletonOrThrow();
    }

    private static NDArray whole(NDArray numbers) {
        return numbers.toType(DataType.INT64, false);
    }

    /** 0, step, 2 step ... */
    private static NDArray steps(NDManager manager, long count, long step) {
        return manager.arange(0, count, 1, DataType.INT64).mul(step);
    }
}
