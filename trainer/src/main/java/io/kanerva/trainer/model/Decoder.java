package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;

/**
 * p(x | z, traces): convolves the traces where they are, at the block's resolution, with the latent added to every
 * place, and spreads each place over its patch of the image.
 *
 * <p>In: latent [B, Q, D], traces [B, Q, K, C, h, w]. Out: logits of the pixels' Bernoulli distributions,
 * [B, Q, Cx, Hx, Wx].
 */
public final class Decoder extends KanervaBlock {
    private final Block traces;
    private final Block latent;
    private final Block features;
    private final Block pixels;

    Decoder(KanervaSettings settings) {
        super(settings);
        int width = settings.width();
        int h = settings.blockHeight();
        int w = settings.blockWidth();
        traces = child("traces", Layers.conv3(width), (long) settings.keys() * settings.memoryChannels(), h, w);
        latent = child("latent", Layers.zero(Layers.dense(width)), settings.latent());
        features = child("features", new ResidualStack(settings), width, h, w);
        pixels = child("pixels", Layers.conv3(settings.imageChannels() * settings.patch() * settings.patch()), width, h, w);
    }

    @Override
    NDList pass(ParameterStore store, NDList in, boolean training) {
        NDArray z = in.get(0);
        NDArray read = in.get(1);
        KanervaSettings s = settings;
        long b = z.getShape().get(0);
        long q = z.getShape().get(1);
        NDArray maps = read.reshape(b * q, (long) s.keys() * s.memoryChannels(), s.blockHeight(), s.blockWidth());
        NDArray everywhere = Layers.run(latent, store, z.reshape(b * q, s.latent()), training).reshape(b * q, s.width(), 1, 1);
        NDArray joined = Layers.run(traces, store, maps, training).add(everywhere);
        NDArray patches = Layers.run(pixels, store, Layers.run(features, store, joined, training), training);
        return new NDList(Layers.depthToSpace(patches, s.patch()).reshape(b, q, s.imageChannels(), s.imageHeight(), s.imageWidth()));
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {
            new Shape(inputShapes[0].get(0), inputShapes[0].get(1), settings.imageChannels(), settings.imageHeight(), settings.imageWidth())
        };
    }
}
