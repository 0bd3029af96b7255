package io.kanerva.trainer.model;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A block whose children's input shapes follow from the settings alone: each child is registered with the shape that it
 * will see, and initialised with it.
 */
abstract class KanervaBlock extends AbstractBlock {
    private static final byte VERSION = 1;

    /** The settings of the model that this block is a part of. */
    protected final KanervaSettings settings;

    private final Map<Block, Shape> inputs = new LinkedHashMap<>();

    KanervaBlock(KanervaSettings settings) {
        super(VERSION);
        this.settings = settings;
    }

    /** Registers a child that sees inputs of the shape [1, input ...]; the leading dimension does not matter. */
    final <B extends Block> B child(String name, B block, long... input) {
        long[] shape = new long[input.length + 1];
        shape[0] = 1;
        System.arraycopy(input, 0, shape, 1, input.length);
        inputs.put(block, new Shape(shape));
        return addChildBlock(name, block);
    }

    @Override
    protected final void initializeChildBlocks(NDManager manager, DataType dataType, Shape... inputShapes) {
        inputs.forEach((block, shape) -> block.initialize(manager, dataType, shape));
    }

    /** Initialises all parameters; the input's sizes follow from the settings. */
    final void initialize(NDManager manager) {
        initialize(manager, DataType.FLOAT32, new Shape(1));
    }

    @Override
    protected final NDList forwardInternal(
            ParameterStore store, NDList in, boolean training, PairList<String, Object> parameters) {
        return pass(store, in, training);
    }

    /** The block's own computation. */
    abstract NDList pass(ParameterStore store, NDList in, boolean training);
}
