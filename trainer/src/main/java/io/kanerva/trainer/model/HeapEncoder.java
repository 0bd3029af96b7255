package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;

/** Gives the heap writer a block of feature maps for each key. */
sealed class HeapEncoder extends Encoder permits LinearHeapEncoder {
    private final ResidualTrunk trunk;
    private final Block content;
    private final PosteriorHeads heads;

    HeapEncoder(KanervaSettings settings) {
        this(settings, Layers.conv1(contentChannels(settings)));
    }

    HeapEncoder(KanervaSettings settings, Block content) {
        super(settings);
        trunk = new ResidualTrunk(this);
        this.content = child(
                "content",
                content,
                trunk.width(),
                settings.block().rows(),
                settings.block().columns());
        heads = new PosteriorHeads(this, 0, trunk.width());
    }

    /** Channels of a sample's content, K C. */
    static int contentChannels(KanervaSettings settings) {
        return settings.keys() * settings.memory().channels();
    }

    @Override
    final EncoderOutput encode(ParameterStore store, NDArray images, boolean training) {
        NDArray patches = trunk.patches(images);
        NDArray features = trunk.ofPatches(store, patches, training);
        NDArray pooled = Layers.spatialMean(features);
        NDArray blocks = blocks(store, patches, Layers.run(content, store, features, training), training)
                .reshape(
                        contentShape(images.getShape().get(0), images.getShape().get(1)));
        return heads.output(store, blocks, pooled, features, training);
    }

    /**
     * Computes what is written.
     *
     * @param patches [B T, Cx p p, h, w]
     * @param featureMaps the features' output, [B T, K C, h, w]
     * @return [B T, K C, h, w]
     */
    NDArray blocks(ParameterStore store, NDArray patches, NDArray featureMaps, boolean training) {
        return featureMaps;
    }

    @Override
    final Shape contentShape(long b, long t) {
        return settings.blockShape(b, t);
    }
}
