package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import java.util.Map;

/**
 * p(x | z, traces): convolves the traces at the block's resolution and adds the latent, a vector at every position or a
 * map position by position. The subclasses differ in how they get from these features to pixels.
 *
 * <p>In: latent [B, Q, D], traces [B, Q, K, C, h, w]. Out: the parameters of the image's distribution, [B, Q, P, Hx,
 * Wx]: for {@link ImageLikelihood#BERNOULLI} the pixels' logits, P = Cx.
 */
public abstract sealed class Decoder extends KanervaBlock permits PatchDecoder, RefiningDecoder, LinearDecoder {
    private final Block traces;
    private final Block latent;
    private final Block features;

    Decoder(KanervaSettings settings) {
        super(settings);
        int width = settings.decoder().width();
        int h = settings.block().rows();
        int w = settings.block().columns();
        traces = child("traces", Layers.conv3(width), BlockEncoder.contentChannels(settings), h, w);
        latent = settings.latentLayout() == LatentLayout.MAP
                ? child("latent", Layers.unlessAlone(settings, Layers.conv3(width)), settings.latentChannels(), h, w)
                : child("latent", Layers.unlessAlone(settings, Layers.dense(width)), settings.latent());
        features = child(
                "features",
                new ResidualStack(settings, width, settings.decoder().depth(), h, w),
                width,
                h,
                w);
    }

    static Decoder of(KanervaSettings settings) {
        DecoderSettings size = settings.decoder();
        return size.banks() > 0
                ? new LinearDecoder(settings)
                : size.refineDepth() > 0 ? new RefiningDecoder(settings) : new PatchDecoder(settings);
    }

    /** See {@link KanervaModel#factors}. */
    Map<Parameter, float[]> factors() {
        return Map.of();
    }

    /**
     * The parameters of the image's distribution.
     *
     * @param featureMaps features at the block's resolution, [N, width, h, w]
     * @param maps traces, [N, K C, h, w]
     * @return [N, P, Hx, Wx]
     */
    abstract NDArray parameters(ParameterStore store, NDArray featureMaps, NDArray maps, boolean training);

    @Override
    final NDList pass(ParameterStore store, NDList in, boolean training) {
        Shape latents = in.get(0).getShape();
        NDArray maps = maps(in.get(1));
        NDArray parameters = parameters(store, featureMaps(store, in.get(0), maps, training), maps, training);
        return new NDList(parameters.reshape(
                latents.get(0),
                latents.get(1),
                settings.parameterChannels(),
                settings.image().height(),
                settings.image().width()));
    }

    /**
     * -ln p(x | z, traces), as {@link ImageLikelihood#negativeLogLikelihood} computes it from this block's output.
     *
     * @param z [B, Q, D]
     * @param read traces, [B, Q, K, C, h, w]
     * @param images [B, Q, Cx, Hx, Wx]
     * @return [B, Q], nats
     */
    NDArray negativeLogLikelihood(ParameterStore store, NDArray z, NDArray read, NDArray images, boolean training) {
        NDArray parameters = forward(store, new NDList(z, read), training).singletonOrThrow();
        return settings.likelihood().negativeLogLikelihood(settings, parameters, images);
    }

    /** Traces [B, Q, K, C, h, w] as maps [B Q, K C, h, w]. */
    final NDArray maps(NDArray read) {
        return read.reshape(
                read.getShape().get(0) * read.getShape().get(1),
                BlockEncoder.contentChannels(settings),
                settings.block().rows(),
                settings.block().columns());
    }

    /** Features at the block's resolution, [B Q, width, h, w]. */
    final NDArray featureMaps(ParameterStore store, NDArray z, NDArray maps, boolean training) {
        long n = z.getShape().get(0) * z.getShape().get(1);
        NDArray read = Layers.run(traces, store, training ? Layers.channelsLast(maps) : maps, training);
        return Layers.run(features, store, read.add(spread(store, z, n, training)), training);
    }

    /** What the latent adds: [N, width, h, w], or [N, width, 1, 1] for a vector. */
    private NDArray spread(ParameterStore store, NDArray z, long n, boolean training) {
        if (settings.latentLayout() == LatentLayout.MAP) {
            NDArray map = z.reshape(
                    n,
                    settings.latentChannels(),
                    settings.block().rows(),
                    settings.block().columns());
            return Layers.run(latent, store, map, training);
        }
        return Layers.run(latent, store, z.reshape(n, settings.latent()), training)
                .reshape(n, settings.decoder().width(), 1, 1);
    }

    /** Parameters of a pixel that weight its neighbours. */
    final int neighbourParameters() {
        int neighbours = settings.decoder().neighbours();
        return neighbours == 0
                ? 0
                : new DiscretizedLogisticMixture(settings.image().channels(), neighbours).neighbourParameters();
    }

    @Override
    public final Shape[] getOutputShapes(Shape[] inputShapes) {
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
