package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;

/** Residual blocks over the patches of an image, one position at the block's resolution for each patch. */
final class ResidualTrunk implements Trunk {
    private final KanervaSettings settings;
    private final Block patches;
    private final Block features;

    /** Registers its layers with an encoder. */
    ResidualTrunk(KanervaBlock parent) {
        settings = parent.settings;
        int width = width();
        int h = settings.block().rows();
        int w = settings.block().columns();
        patches = parent.child("patches", Layers.conv3(width), patchSize(settings), h, w);
        features = parent.child(
                "features",
                new ResidualStack(settings, width, settings.encoder().depth(), h, w),
                width,
                h,
                w);
    }

    /** Values in a patch, Cx p p. */
    static long patchSize(KanervaSettings settings) {
        return (long) settings.image().channels() * settings.patch() * settings.patch();
    }

    /** The patches of images [B, T, Cx, Hx, Wx] as maps [B T, Cx p p, h, w]. */
    static NDArray patches(KanervaSettings settings, NDArray images) {
        long samples = images.getShape().get(0) * images.getShape().get(1);
        return Layers.spaceToDepth(images.reshape(settings.image().shape(samples)), settings.patch());
    }

    @Override
    public NDArray features(ParameterStore store, NDArray images, boolean training) {
        NDArray maps = patches(settings, images);
        NDArray first = Layers.run(patches, store, training ? Layers.channelsLast(maps) : maps, training);
        return Layers.run(features, store, first, training);
    }

    @Override
    public int width() {
        return settings.encoder().width();
    }
}
