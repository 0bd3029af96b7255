package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;

/**
 * p(x | z, traces): convolves the traces where they are, at the block's resolution, with the latent added to every
 * place (or, if it is a map, to its own), and spreads each place over its patch of the image. With
 * {@link DecoderSettings#refineWidth} more residual blocks follow at the image's resolution.
 *
 * <p>With {@link DecoderSettings#banks} a {@link LinearPath} ends it instead.
 *
 * <p>In: latent [B, Q, D], traces [B, Q, K, C, h, w]. Out: the parameters of the image's distribution, [B, Q, P, Hx,
 * Wx]: for {@link ImageLikelihood#BERNOULLI} the pixels' logits, P = Cx.
 */
public final class Decoder extends KanervaBlock {
    private final Block traces;
    private final Block latent;
    private final Block features;
    private final Block pixels;
    private final Block refined;
    private final Block refinedPixels;
    private final Block neighbours;
    private final LinearPath linear;

    Decoder(KanervaSettings settings) {
        super(settings);
        DecoderSettings size = settings.decoder();
        int width = size.width();
        int h = settings.block().rows();
        int w = settings.block().columns();
        int places = settings.patch() * settings.patch();
        boolean refine = size.refineDepth() > 0;
        traces = child(
                "traces",
                Layers.conv3(width),
                (long) settings.keys() * settings.memory().channels(),
                h,
                w);
        latent = settings.latentLayout() == LatentLayout.MAP
                ? child("latent", Layers.unlessAlone(settings, Layers.conv3(width)), settings.latentChannels(), h, w)
                : child("latent", Layers.unlessAlone(settings, Layers.dense(width)), settings.latent());
        features = child("features", new ResidualStack(settings, width, size.depth(), h, w), width, h, w);
        linear = size.banks() > 0 ? child("linear", new LinearPath(settings), width, h, w) : null;
        int extra = size.neighbours() == 0
                ? 0
                : new DiscretizedLogisticMixture(settings.image().channels(), size.neighbours()).neighbourParameters();
        int own = settings.parameterChannels() - extra;
        pixels = linear != null
                ? null
                : child("pixels", Layers.conv3((refine ? size.refineWidth() : own) * places), width, h, w);
        refined = refine
                ? child(
                        "refined",
                        new ResidualStack(
                                settings,
                                size.refineWidth(),
                                size.refineDepth(),
                                settings.image().height(),
                                settings.image().width()),
                        size.refineWidth(),
                        settings.image().height(),
                        settings.image().width())
                : null;
        refinedPixels = refine
                ? child(
                        "refined_pixels",
                        Layers.conv1(own),
                        size.refineWidth(),
                        settings.image().height(),
                        settings.image().width())
                : null;
        // Starts at zero: each pixel by itself.
        neighbours = extra == 0 || linear != null
                ? null
                : refine
                        ? child(
                                "neighbours",
                                Layers.zero(Layers.conv1(extra)),
                                size.refineWidth(),
                                settings.image().height(),
                                settings.image().width())
                        : child("neighbours", Layers.zero(Layers.conv3(extra * places)), width, h, w);
    }

    @Override
    NDList pass(ParameterStore store, NDList in, boolean training) {
        KanervaSettings s = settings;
        long b = in.get(0).getShape().get(0);
        long q = in.get(0).getShape().get(1);
        NDArray maps = maps(in.get(1));
        NDArray found = found(store, in.get(0), maps, training);
        if (linear != null) {
            NDArray parameters =
                    linear.forward(store, new NDList(found, maps), training).singletonOrThrow();
            return new NDList(parameters.reshape(
                    b, q, s.parameterChannels(), s.image().height(), s.image().width()));
        }
        NDArray image = Layers.depthToSpace(Layers.run(pixels, store, found, training), s.patch());
        if (refined != null) {
            found = Layers.run(refined, store, image, training);
            image = Layers.run(refinedPixels, store, found, training);
        }
        if (neighbours != null) {
            NDArray coefficients = Layers.run(neighbours, store, found, training);
            image = image.concat(refined == null ? Layers.depthToSpace(coefficients, s.patch()) : coefficients, 1);
        }
        return new NDList(image.reshape(
                b, q, s.parameterChannels(), s.image().height(), s.image().width()));
    }

    /**
     * -ln p(x | z, traces), as {@link ImageLikelihood#negativeLogLikelihood} computes it from this block's output, but
     * where the output would be large and can be spared.
     *
     * @param in latent [B, Q, D] and traces [B, Q, K, C, h, w]
     * @param images [B, Q, Cx, Hx, Wx]
     * @return [B, Q], nats
     */
    NDArray negativeLogLikelihood(ParameterStore store, NDList in, NDArray images, boolean training) {
        if (linear == null) {
            return settings.likelihood()
                    .negativeLogLikelihood(
                            settings, forward(store, in, training).singletonOrThrow(), images);
        }
        // What the backward pass needs, the engine keeps; the rest goes at once: a third of a gigabyte for a step of
        // the colour preset.
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            Shape s = images.getShape();
            NDArray maps = maps(in.get(1));
            NDArray flat = images.reshape(s.get(0) * s.get(1), s.get(2), s.get(3), s.get(4));
            NDArray logarithms =
                    linear.logProbability(store, found(store, in.get(0), maps, training), maps, flat, training);
            NDArray nats = logarithms.neg().reshape(s.get(0), s.get(1));
            NDScope.unregister(nats);
            return nats;
        }
    }

    /** The linear path, or null. */
    LinearPath linear() {
        return linear;
    }

    /** Traces [B, Q, K, C, h, w] as maps [B Q, K C, h, w]. */
    private NDArray maps(NDArray read) {
        KanervaSettings s = settings;
        return read.reshape(
                read.getShape().get(0) * read.getShape().get(1),
                (long) s.keys() * s.memory().channels(),
                s.block().rows(),
                s.block().columns());
    }

    /** Features at the block's resolution, [B Q, width, h, w]. */
    private NDArray found(ParameterStore store, NDArray z, NDArray maps, boolean training) {
        long n = z.getShape().get(0) * z.getShape().get(1);
        NDArray read = Layers.run(traces, store, training ? Layers.channelsLast(maps) : maps, training);
        return Layers.run(features, store, read.add(spread(store, z, n, training)), training);
    }

    /** What the latent adds: [N, width, h, w], or [N, width, 1, 1] for a vector. */
    private NDArray spread(ParameterStore store, NDArray z, long n, boolean training) {
        KanervaSettings s = settings;
        if (s.latentLayout() == LatentLayout.MAP) {
            return Layers.run(
                    latent,
                    store,
                    z.reshape(n, s.latentChannels(), s.block().rows(), s.block().columns()),
                    training);
        }
        return Layers.run(latent, store, z.reshape(n, s.latent()), training)
                .reshape(n, s.decoder().width(), 1, 1);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {
            new Shape(
                    inputShapes[0].get(0),
                    inputShapes[0].get(1),
                    settings.parameterChannels(),
                    settings.image().height(),
                    settings.image().width())
        };
    }
}
