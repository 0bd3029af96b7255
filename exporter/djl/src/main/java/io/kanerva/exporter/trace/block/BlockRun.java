package io.kanerva.exporter.trace.block;

import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;

/** Calls a block for inference. This class's frame ends the part of a stack that a {@link CallSite} is made of. */
public final class BlockRun {
    private BlockRun() {}

    public static NDList forward(Block block, ParameterStore store, NDList inputs) {
        return block.forward(store, inputs, false);
    }
}
