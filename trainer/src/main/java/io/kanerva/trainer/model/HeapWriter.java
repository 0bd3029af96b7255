package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;

/**
 * Allocates: key k of sample t takes slot t K + k, counted row by row, and the sample's block is copied there, bit for
 * bit ({@link HeapSlots}). The memory has as many rows of slots as that takes, for any number of samples. Nothing is
 * learned here; the encoder learns what to put into a block.
 */
public final class HeapWriter extends MemoryWriter {
    /** The scale and the column of each slot of a row, [1, Gx, 2]. */
    private final Constant row;

    HeapWriter(KanervaSettings settings) {
        super(settings);
        int columns = settings.slots().columns();
        float[] keys = new float[columns * 2];
        for (int column = 0; column < columns; column++) {
            keys[2 * column] = KeySpace.slotScale(settings);
            keys[2 * column + 1] = column;
        }
        row = Constant.of(keys, new Shape(1, columns, 2));
    }

    @Override
    NDList pass(ParameterStore store, NDList in, boolean training) {
        NDArray content = in.singletonOrThrow();
        KanervaSettings s = settings;
        long b = content.getShape().get(0);
        long t = content.getShape().get(1);
        long n = t * s.keys();
        int columns = s.slots().columns();
        long rows = (n + columns - 1) / columns;
        NDArray blocks = content.reshape(
                b, n, s.memory().channels(), s.block().rows(), s.block().columns());
        NDArray memory = HeapSlots.write(blocks, rows, columns);
        NDManager manager = content.getManager();
        NDArray index = manager.arange(0, rows, 1, DataType.INT64)
                .toType(DataType.FLOAT32, false)
                .reshape(rows, 1, 1)
                .broadcast(rows, columns, 1);
        NDArray keys = row.on(manager)
                .broadcast(rows, columns, 2)
                .concat(index, 2)
                .reshape(rows * columns, KeySpace.KEY)
                .get("0:" + n);
        NDArray pointers = keys.reshape(1, t, s.keys(), KeySpace.KEY).broadcast(b, t, s.keys(), KeySpace.KEY);
        return new WriterOutput(memory, pointers).list();
    }
}
