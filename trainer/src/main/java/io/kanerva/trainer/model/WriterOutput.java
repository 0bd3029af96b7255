package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;

/**
 * The output of a {@link MemoryWriter}.
 *
 * @param memory [B, C, H, W]; mean and log-variance of a charged one, [B, 2 C, H, W]
 * @param pointers [B, T, K, 3], the keys under which each sample was written
 */
public record WriterOutput(NDArray memory, NDArray pointers) {

    static WriterOutput of(NDList list) {
        return new WriterOutput(list.get(0), list.get(1));
    }

    /** The arrays in the order of the block's outputs. */
    public NDList list() {
        return new NDList(memory, pointers);
    }
}
