package io.kanerva.exporter.outside;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.core.Linear;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.NormalInitializer;
import ai.djl.util.PairList;

/** A block with its own forward, written as users do, but with children and weights that are initialised at once. */
abstract class BlockSketch extends AbstractBlock {
    /** Of the model: constants that live as long as the block. */
    protected final NDManager manager;

    BlockSketch(NDManager manager) {
        this.manager = manager;
    }

    /** A call of forward: what children and parameters need. */
    record Call(ParameterStore store, boolean isTraining) {
        NDArray of(Block block, NDArray... inputs) {
            return list(block, inputs).head();
        }

        NDList list(Block block, NDArray... inputs) {
            return block.forward(store, new NDList(inputs), isTraining);
        }

        NDArray value(Parameter parameter, NDArray any) {
            return store.getValue(parameter, any.getDevice(), isTraining);
        }
    }

    abstract NDList run(Call call, NDList inputs);

    final <B extends Block> B child(B block, long... shape) {
        return child(block, new Shape(shape));
    }

    final <B extends Block> B child(B block, Shape... shapes) {
        block.initialize(manager, DataType.FLOAT32, shapes);
        return addChildBlock(block.getClass().getSimpleName() + children.size(), block);
    }

    final Linear linear(int from, int to) {
        return child(Linear.builder().setUnits(to).build(), 1, from);
    }

    final Parameter weight(long... shape) {
        return weight(0.5f, shape);
    }

    final Parameter weight(float deviation, long... shape) {
        Parameter parameter = addParameter(Parameter.builder()
                .setName("weight" + parameters.size())
                .setType(Parameter.Type.OTHER)
                .optShape(new Shape(shape))
                .optInitializer(new NormalInitializer(deviation))
                .build());
        parameter.initialize(manager, DataType.FLOAT32);
        return parameter;
    }

    @Override
    protected final void initializeChildBlocks(NDManager any, DataType type, Shape... inputShapes) {
        // They are.
    }

    @Override
    protected final NDList forwardInternal(
            ParameterStore store, NDList inputs, boolean training, PairList<String, Object> parameters) {
        return run(new Call(store, training), inputs);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        throw new UnsupportedOperationException("the sketch does not say");
    }
}
