package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;

/** Writes nothing: the memory is zero, whatever the episode. What is left is a variational autoencoder. */
public final class NoWriter extends MemoryWriter {

    NoWriter(KanervaSettings settings) {
        super(settings);
    }

    @Override
    NDList pass(ParameterStore store, NDList in, boolean training) {
        NDArray content = in.singletonOrThrow();
        KanervaSettings s = settings;
        long b = content.getShape().get(0);
        long t = content.getShape().get(1);
        NDManager manager = content.getManager();
        return new WriterOutput(
                        manager.zeros(s.memory().shape(b), DataType.FLOAT32),
                        manager.zeros(new Shape(b, t, s.keys(), KeySpace.KEY), DataType.FLOAT32))
                .list();
    }
}
