package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;

/**
 * Allocates: key k of sample t takes slot t K + k, counted row by row through the slot grid, and the sample's block is
 * copied there, bit for bit ({@link HeapSlots}). Nothing is learned here; the encoder learns what to put into a block.
 * T is at most {@link KanervaSettings#capacity()}.
 */
public final class HeapWriter extends MemoryWriter {
    /** The keys of all slots, [slots, 3]. */
    private final Constant slotKeys;

    HeapWriter(KanervaSettings settings) {
        super(settings);
        slotKeys = Constant.of(
                new KeySpace(settings).slotKeys(), new Shape(settings.slots().size(), KeySpace.KEY));
    }

    @Override
    NDList pass(ParameterStore store, NDList in, boolean training) {
        NDArray content = in.singletonOrThrow();
        KanervaSettings s = settings;
        long b = content.getShape().get(0);
        long t = content.getShape().get(1);
        requireRoom(t);
        long n = t * s.keys();
        NDManager manager = content.getManager();
        NDArray blocks = content.reshape(
                b, n, s.memory().channels(), s.block().rows(), s.block().columns());
        NDArray memory = HeapSlots.write(blocks, s.slots());
        NDArray keys = slotKeys.on(manager).get("0:" + n);
        NDArray pointers = keys.reshape(1, t, s.keys(), KeySpace.KEY).broadcast(b, t, s.keys(), KeySpace.KEY);
        return new WriterOutput(memory, pointers).list();
    }
}
