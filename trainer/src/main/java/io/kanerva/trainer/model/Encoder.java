package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import java.util.Map;

/**
 * Encodes samples, one by one or, with {@link EncoderKind#RESNET18_TSM}, together with their episode, into what the
 * memory writer needs and the posterior of key and latent.
 *
 * <p>In: images [B, T, Cx, Hx, Wx]. Out: an {@link EncoderOutput}. The heads start at zero: q begins as the prior,
 * shifted to the sample's pointer.
 */
public abstract sealed class Encoder extends KanervaBlock permits BlockEncoder, ChargedEncoder, MemorylessEncoder {

    Encoder(KanervaSettings settings) {
        super(settings);
    }

    static Encoder of(KanervaSettings settings) {
        return switch (settings.writer()) {
            case HEAP, POOLED -> new BlockEncoder(settings);
            case CHARGED -> new ChargedEncoder(settings);
            case NONE -> new MemorylessEncoder(settings);
        };
    }

    /** @param images [B, T, Cx, Hx, Wx], as the likelihood prepares them */
    abstract EncoderOutput encode(ParameterStore store, NDArray images, boolean training);

    /** See {@link KanervaModel#factors}. */
    Map<Parameter, float[]> factors() {
        return Map.of();
    }

    /** The shape of {@link EncoderOutput#content}. */
    abstract Shape contentShape(long b, long t);

    @Override
    final NDList pass(ParameterStore store, NDList in, boolean training) {
        NDArray images = in.singletonOrThrow();
        requireImages(images.getShape());
        return encode(store, settings.likelihood().encoded(images), training).list();
    }

    private void requireImages(Shape found) {
        MapShape image = settings.image();
        if (found.dimension() != 5
                || found.get(0) < 1
                || found.get(1) < 1
                || !found.slice(2).equals(image.shape())) {
            throw new IllegalArgumentException("images: expected [B, T, %d, %d, %d] with B and T at least 1, found %s"
                    .formatted(image.channels(), image.height(), image.width(), found));
        }
    }

    @Override
    public final Shape[] getOutputShapes(Shape[] inputShapes) {
        long b = inputShapes[0].get(0);
        long t = inputShapes[0].get(1);
        Shape key = new Shape(b, t, settings.keys(), KeySpace.KEY);
        Shape latent = new Shape(b, t, settings.latent());
        return new Shape[] {contentShape(b, t), key, key, latent, latent};
    }
}
