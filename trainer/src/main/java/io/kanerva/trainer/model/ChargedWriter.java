package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;

/**
 * q(M | X): a Gaussian whose mean and log-variance are the means of those that the samples write, so their order does
 * not matter. The memory that it returns is these parameters, [B, 2 C, h, w]; {@link #sample} draws one from them.
 * Nothing is learned here.
 */
public final class ChargedWriter extends MemoryWriter {

    ChargedWriter(KanervaSettings settings) {
        super(settings);
    }

    @Override
    NDList pass(ParameterStore store, NDList in, boolean training) {
        NDArray content = in.singletonOrThrow();
        Shape shape = content.getShape();
        NDArray pointers =
                content.getManager().zeros(new Shape(shape.get(0), shape.get(1), 1, KeySpace.KEY), DataType.FLOAT32);
        return new WriterOutput(
                        content.mean(new int[] {1}).reshape(shape.get(0), shape.get(3), shape.get(4), shape.get(5)),
                        pointers)
                .list();
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
