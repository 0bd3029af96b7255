package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.initializer.Initializer;
import java.util.random.RandomGenerator;

/**
 * Normal weights of variance 2 / fan-in (He et al. 2015), drawn from Java's own generator rather than the engine's, so
 * that a seed fixes the model whatever ran before in the process. [out, in, ...] weights only.
 */
record HeNormal(RandomGenerator random) implements Initializer {

    @Override
    public NDArray initialize(NDManager manager, Shape shape, DataType dataType) {
        float[] weights = new float[Math.toIntExact(shape.size())];
        double deviation = Math.sqrt(2.0 / (shape.size() / (double) shape.get(0)));
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (float) (random.nextGaussian() * deviation);
        }
        // An array made from Java numbers shares their buffer, which the engine's kernels find unaligned: weights get
        // their own memory.
        try (NDArray shared = manager.create(weights, shape)) {
            return shared.duplicate();
        }
    }
}
