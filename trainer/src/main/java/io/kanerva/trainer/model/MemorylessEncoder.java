package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;

/** The encoder of a plain variational autoencoder. Nothing depends on the keys: their posterior stays the prior. */
final class MemorylessEncoder extends Encoder {
    private final Trunk trunk;
    private final PosteriorHeads heads;

    MemorylessEncoder(KanervaSettings settings) {
        super(settings);
        trunk = new ResidualTrunk(this);
        heads = new PosteriorHeads(this, 0, trunk.width());
    }

    @Override
    EncoderOutput encode(ParameterStore store, NDArray images, boolean training) {
        NDArray features = trunk.features(store, images, training);
        NDArray pooled = Layers.spatialMean(features);
        Shape shape = contentShape(images.getShape().get(0), images.getShape().get(1));
        NDArray nothing = images.getManager().zeros(shape, DataType.FLOAT32);
        return heads.output(store, nothing, pooled, features, training);
    }

    @Override
    Shape contentShape(long b, long t) {
        return new Shape(b, t, 1);
    }
}
