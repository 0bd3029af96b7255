package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;

/** Gives the pooled writer blocks of feature maps, and the reader keys that start narrow. */
final class PooledEncoder extends Encoder {
    /**
     * Where the log-variances of a key's x and y start: a standard deviation of 0.011, some tenths of a pixel. From
     * wider keys reads are a blur, and training ignores the memory.
     */
    private static final float KEY_LOG_VARIANCE = -9;

    private final Trunk trunk;
    private final Block content;
    private final PosteriorHeads heads;

    PooledEncoder(KanervaSettings settings) {
        super(settings);
        trunk = switch (settings.encoder().kind()) {
            case RESIDUAL -> new ResidualTrunk(this);
            case RESNET18_TSM -> child("features", new TemporalResNet(settings), 1);
        };
        content = child(
                "content",
                Layers.conv1(HeapEncoder.contentChannels(settings)),
                trunk.width(),
                settings.block().rows(),
                settings.block().columns());
        heads = new PosteriorHeads(this, KEY_LOG_VARIANCE, trunk.width());
    }

    @Override
    EncoderOutput encode(ParameterStore store, NDArray images, boolean training) {
        NDArray features = trunk.features(store, images, training);
        NDArray pooled = Layers.spatialMean(features);
        NDArray written = Layers.run(content, store, features, training)
                .reshape(
                        contentShape(images.getShape().get(0), images.getShape().get(1)));
        return heads.output(store, written, pooled, features, training);
    }

    @Override
    Shape contentShape(long b, long t) {
        return settings.blockShape(b, t);
    }
}
