package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;

/**
 * q(M | X): a Gaussian whose mean and log-variance follow from the mean and the variance, over the episode, of the maps
 * that the samples write, so their order does not matter. Where the samples disagree, their variance lets it return to
 * the prior, which costs nothing. The memory that it returns is these parameters, [B, 2 C, h, w]; {@link #sample} draws
 * one from them.
 */
public final class ChargedWriter extends MemoryWriter {
    private static final int WIDTH = 32;

    private final Block statistics;
    private final Block correction;

    ChargedWriter(KanervaSettings settings) {
        super(settings);
        int maps = 2 * settings.memory().channels();
        int h = settings.block().rows();
        int w = settings.block().columns();
        statistics = child("statistics", Layers.conv3(WIDTH), 2L * maps, h, w);
        correction = child("correction", Layers.zero(Layers.conv1(maps)), WIDTH, h, w);
    }

    @Override
    NDList pass(ParameterStore store, NDList in, boolean training) {
        NDArray content = in.singletonOrThrow();
        Shape shape = content.getShape();
        NDArray pointers =
                content.getManager().zeros(new Shape(shape.get(0), shape.get(1), 1, KeySpace.KEY), DataType.FLOAT32);
        NDArray average = content.mean(new int[] {1}, true);
        Shape maps = new Shape(shape.get(0), shape.get(3), shape.get(4), shape.get(5));
        NDArray variance = content.sub(average).square().mean(new int[] {1}).reshape(maps);
        average = average.reshape(maps);
        NDArray seen = Activation.relu(Layers.run(statistics, store, average.concat(variance, 1), training));
        return new WriterOutput(average.add(Layers.run(correction, store, seen, training)), pointers).list();
    }

    /** The mean of q(M | X), [B, C, h, w]. */
    static NDArray mean(NDArray memory) {
        return memory.get(":, 0:" + memory.getShape().get(1) / 2);
    }

    /** Its log-variance, [B, C, h, w]. */
    static NDArray logVariance(NDArray memory) {
        return memory.get(":, " + memory.getShape().get(1) / 2 + ":");
    }

    /** A memory drawn from q(M | X) for standard normal noise [B, C, h, w]. */
    static NDArray sample(NDArray memory, NDArray noise) {
        return mean(memory).add(Constant.scale(logVariance(memory), 0.5).exp().mul(noise));
    }

    /** KL(q(M | X) || N(0, I)) of each episode's whole memory, [B, 1], nats. */
    static NDArray divergence(NDArray memory) {
        NDArray logVariance = logVariance(memory);
        return sum(mean(memory).square().add(logVariance.exp()).sub(1f).sub(logVariance), 0.5);
    }

    /** ln p(M) - ln q(M | X) at {@link #sample}'s memory for the same noise, [B, 1], nats. */
    static NDArray logRatio(NDArray memory, NDArray noise) {
        return sum(
                noise.square()
                        .add(logVariance(memory))
                        .sub(sample(memory, noise).square()),
                0.5);
    }

    private static NDArray sum(NDArray values, double factor) {
        return Constant.scale(values.sum(new int[] {1, 2, 3}), factor).expandDims(1);
    }
}
