package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;

/** Gives the pooled writer an embedding of each sample, from which the key is computed, too. */
final class PooledEncoder extends Encoder {
    private final Trunk trunk;
    private final Block content;
    private final Block keyHidden;
    private final PosteriorHeads heads;

    PooledEncoder(KanervaSettings settings) {
        super(settings);
        trunk = switch (settings.encoder().kind()) {
            case RESIDUAL -> new ResidualTrunk(this);
            case RESNET18_TSM -> child("features", new TemporalResNet(settings), 1);
        };
        content = child("content", Layers.dense(settings.embedding()), trunk.size());
        keyHidden = child("key_hidden", Layers.dense(settings.encoder().width()), settings.embedding());
        heads = new PosteriorHeads(this, true, trunk.width());
    }

    @Override
    EncoderOutput encode(ParameterStore store, NDArray images, boolean training) {
        long b = images.getShape().get(0);
        long t = images.getShape().get(1);
        NDArray features = trunk.features(store, images, training);
        NDArray pooled = trunk.pooled(features);
        NDArray embedding = Layers.run(content, store, features.reshape(b * t, trunk.size()), training);
        NDArray written = embedding.reshape(contentShape(b, t));
        NDArray keyFeatures = Activation.relu(Layers.run(keyHidden, store, Activation.relu(embedding), training));
        return heads.output(store, written, keyFeatures, features, pooled, training);
    }

    @Override
    Shape contentShape(long b, long t) {
        return new Shape(b, t, settings.embedding());
    }
}
