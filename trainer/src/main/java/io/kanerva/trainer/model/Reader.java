package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;

/**
 * Reads a memory at keys and predicts the latent there: p(z | M, Y), computed from the traces.
 *
 * <p>In: memory [B, C, H, W], keys [B, Q, K, 3], each (scale, x, y), or (scale, column, row) of a slot if keys are
 * dereferenced. Out: traces [B, Q, K, C, h, w], prior mean [B, Q, D], prior log-variance [B, Q, D].
 *
 * <p>With {@link KanervaSettings#gist} the sign of a key's scale selects how its block is read (after the verbatim and
 * gist traces of Brainerd and Reyna's fuzzy-trace theory). Above 0 it is read verbatim. Otherwise it is read for its
 * gist: p(z | M, Y) is still computed from it, but the decoder receives a zero trace. A written image is thus read back
 * exactly, and one that resembles it is decoded from the latent, whose prior the block provides.
 *
 * <p>A charged memory is one block, drawn from q(M | X) or p(M), that is read whole, whatever the keys. A fourth output
 * is what it adds to the mean of q(Z | X, M), [B, Q, D].
 */
public final class Reader extends KanervaBlock {
    /** The prior of a latent vector needs few features, because it only adds what the traces lack. */
    private static final int PRIOR_WIDTH = 32;

    /** From the first features of the traces to what the prior's mean and log-variance are computed from. */
    private interface Summary {
        NDArray of(ParameterStore store, NDArray maps, boolean training);
    }

    private final KeySpace space;
    private final Block features;
    private final Summary summary;
    private final Block mean;
    private final Block logVariance;
    /** What a charged memory adds to the posterior of the latent; null for others. */
    private final Block posteriorShift;

    private WindowReader windowReader = TentWeights::read;

    Reader(KanervaSettings settings) {
        super(settings);
        space = new KeySpace(settings);
        boolean map = settings.latentLayout() == LatentLayout.MAP;
        int h = settings.block().rows();
        int w = settings.block().columns();
        int width = map ? settings.encoder().width() : PRIOR_WIDTH;
        features = child(
                "prior_features",
                Layers.conv3(width),
                (long) settings.keys() * (settings.memory().channels() + (settings.gist() ? 1 : 0)),
                h,
                w);
        summary = map ? refined(width, h, w) : (store, maps, training) -> Layers.spatialMean(Activation.relu(maps));
        mean = Layers.latentHead(this, "prior_mean", width);
        logVariance = Layers.latentHead(this, "prior_log_variance", width);
        posteriorShift = settings.charged() ? Layers.latentHead(this, "posterior_shift", width) : null;
    }

    /**
     * A latent map keeps its positions. A charged memory holds little, and half as many layers leave more of a model's
     * size to the images.
     */
    private Summary refined(int width, int h, int w) {
        int depth = settings.encoder().depth();
        Block stack = child(
                "prior_refined",
                new ResidualStack(settings, width, settings.charged() ? (depth + 1) / 2 : depth, h, w),
                width,
                h,
                w);
        return (store, maps, training) -> Layers.run(stack, store, maps, training);
    }

    /** Replaces the window reader of continuous keys by one of the same values; by default {@link TentWeights#read}. */
    public void setWindowReader(WindowReader windowReader) {
        this.windowReader = windowReader;
    }

    /** The current window reader. */
    public WindowReader windowReader() {
        return windowReader;
    }

    @Override
    NDList pass(ParameterStore store, NDList in, boolean training) {
        NDArray memory = in.get(0);
        NDArray keys = in.get(1);
        KanervaSettings s = settings;
        long b = keys.getShape().get(0);
        long q = keys.getShape().get(1);
        if (s.charged()) {
            return whole(store, memory, q, training).list();
        }
        NDArray flat = keys.reshape(b, q * s.keys(), KeySpace.KEY);
        NDArray traces = s.addressing() == KeyAddressing.DEREFERENCED
                ? HeapSlots.read(memory, flat, s.block(), s.slots().columns())
                : windowReader.read(
                        memory, space.windows(flat), s.block().rows(), s.block().columns());
        NDArray maps = traces.reshape(
                b * q,
                (long) s.keys() * s.memory().channels(),
                s.block().rows(),
                s.block().columns());
        NDArray blocks = traces.reshape(s.blockShape(b, q));
        if (s.gist()) {
            NDArray verbatim = keys.get("..., 0:1").gt(0f).toType(DataType.FLOAT32, false);
            blocks = blocks.mul(verbatim.reshape(b, q, s.keys(), 1, 1, 1));
            maps = maps.concat(
                    verbatim.reshape(b * q, s.keys(), 1, 1)
                            .broadcast(
                                    b * q, s.keys(), s.block().rows(), s.block().columns()),
                    1);
        }
        NDArray seen = Layers.run(features, store, maps, training);
        NDArray known = summary.of(store, seen, training);
        return new ReaderOutput(
                        blocks,
                        Layers.run(mean, store, known, training).reshape(b, q, s.latent()),
                        Layers.run(logVariance, store, known, training).reshape(b, q, s.latent()),
                        null)
                .list();
    }

    /** Reads the one block of a charged memory [B, C, h, w] for Q images. All of them see the same. */
    private ReaderOutput whole(ParameterStore store, NDArray memory, long q, boolean training) {
        KanervaSettings s = settings;
        long b = memory.getShape().get(0);
        NDArray known = summary.of(store, Layers.run(features, store, memory, training), training);
        return new ReaderOutput(
                memory.reshape(s.blockShape(b, 1)).broadcast(s.blockShape(b, q)),
                forAll(Layers.run(mean, store, known, training), b, q),
                forAll(Layers.run(logVariance, store, known, training), b, q),
                forAll(Layers.run(posteriorShift, store, known, training), b, q));
    }

    /** The same D values for each of an episode's Q images: [B, Q, D]. */
    private NDArray forAll(NDArray values, long b, long q) {
        return values.reshape(b, 1, settings.latent()).broadcast(new Shape(b, q, settings.latent()));
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        long b = inputShapes[1].get(0);
        long q = inputShapes[1].get(1);
        KanervaSettings s = settings;
        Shape latent = new Shape(b, q, s.latent());
        return s.charged()
                ? new Shape[] {s.blockShape(b, q), latent, latent, latent}
                : new Shape[] {s.blockShape(b, q), latent, latent};
    }
}
