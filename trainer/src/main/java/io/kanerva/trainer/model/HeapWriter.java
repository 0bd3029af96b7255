package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;

/**
 * Allocates: key k of sample t takes slot t K + k, counted row by row through the slot grid, and the sample's block is
 * added to the memory there by the adjoint of the read. Nothing is learned here; the encoder learns what to put into a
 * block. T is at most {@link KanervaSettings#capacity()}.
 */
public final class HeapWriter extends MemoryWriter {
    private final KeySpace space;
    private final float[] slotKeys;

    HeapWriter(KanervaSettings settings) {
        super(settings);
        space = new KeySpace(settings);
        slotKeys = space.slotKeys();
    }

    @Override
    NDList pass(ParameterStore store, NDList in, boolean training) {
        NDArray content = in.singletonOrThrow();
        KanervaSettings s = settings;
        long b = content.getShape().get(0);
        long t = content.getShape().get(1);
        if (t > s.capacity()) {
            throw new IllegalArgumentException("out of memory: an episode of %d samples needs %d slots, the memory has %d"
                    .formatted(t, t * s.keys(), s.slots()));
        }
        long n = t * s.keys();
        NDArray keys = content.getManager().create(slotKeys, new Shape(s.slots(), KeySpace.KEY)).get("0:" + n + ", :").reshape(1, n, KeySpace.KEY);
        NDArray blocks = content.reshape(b, n, s.memoryChannels(), s.blockHeight(), s.blockWidth());
        NDArray memory = TentWeights.place(blocks, space.windows(keys), s.memoryHeight(), s.memoryWidth());
        NDArray pointers = keys.reshape(1, t, s.keys(), KeySpace.KEY).broadcast(b, t, s.keys(), KeySpace.KEY);
        return new NDList(memory, pointers);
    }
}
