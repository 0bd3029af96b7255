package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;

/** Gives the charged writer means and log-variances of a block. There are no keys: their posterior stays the prior. */
final class ChargedEncoder extends Encoder {
    private final Trunk trunk;
    private final Block mean;
    private final Block logVariance;
    private final PosteriorHeads heads;

    ChargedEncoder(KanervaSettings settings) {
        super(settings);
        trunk = new ResidualTrunk(this);
        int h = settings.block().rows();
        int w = settings.block().columns();
        int c = settings.memory().channels();
        mean = child("content_mean", Layers.conv1(c), trunk.width(), h, w);
        logVariance = child("content_log_variance", Layers.zero(Layers.conv1(c)), trunk.width(), h, w);
        heads = new PosteriorHeads(this, 0, trunk.width());
    }

    @Override
    EncoderOutput encode(ParameterStore store, NDArray images, boolean training) {
        NDArray features = trunk.features(store, images, training);
        NDArray content = Layers.run(mean, store, features, training)
                .concat(Layers.run(logVariance, store, features, training), 1)
                .reshape(
                        contentShape(images.getShape().get(0), images.getShape().get(1)));
        return heads.output(store, content, Layers.spatialMean(features), features, training);
    }

    @Override
    Shape contentShape(long b, long t) {
        return new Shape(
                b,
                t,
                1,
                2L * settings.memory().channels(),
                settings.block().rows(),
                settings.block().columns());
    }
}
