package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;

/**
 * Sees samples, one by one or, with {@link EncoderKind#RESNET18_TSM}, with their episode: what the memory writer needs
 * of each, and the posterior heads of key and latent.
 *
 * <p>In: images [B, T, Cx, Hx, Wx]. Out, in this order:
 *
 * <ol>
 *   <li>content: [B, T, K, C, h, w], a block of feature maps for each key (heap), [B, T, E], an embedding (pooled), or
 *       [B, T, 1], zeros, if there is no memory;
 *   <li>key mean [B, T, K, 3] and
 *   <li>key log-variance [B, T, K, 3], relative to the sample's pointer (see {@link KeyPosterior});
 *   <li>latent mean [B, T, D] and
 *   <li>latent log-variance [B, T, D].
 * </ol>
 *
 * <p>With {@link DecoderSettings#banks} and a heap, content is a linear code of each patch by itself, and what the
 * features add to it starts at zero.
 *
 * <p>The heads start at zero: q begins as the prior, moved to the sample's pointer.
 */
public final class Encoder extends KanervaBlock {
    private final Block patches;
    private final Block features;
    private final Block content;
    private final Block keyHidden;
    private final Block keyMean;
    private final Block keyLogVariance;
    private final Block latentMean;
    private final Block latentLogVariance;
    private final Block code;

    Encoder(KanervaSettings settings) {
        super(settings);
        int width = settings.encoder().width();
        int h = settings.block().rows();
        int w = settings.block().columns();
        boolean episodes = settings.encoder().kind() == EncoderKind.RESNET18_TSM;
        patches = episodes
                ? null
                : child(
                        "patches",
                        Layers.conv3(width),
                        (long) settings.image().channels() * settings.patch() * settings.patch(),
                        h,
                        w);
        features = episodes
                ? child("features", new TemporalResNet(settings), 1)
                : child(
                        "features",
                        new ResidualStack(settings, width, settings.encoder().depth(), h, w),
                        width,
                        h,
                        w);
        int seen = episodes ? TemporalResNet.features(settings) : width;
        boolean heap = settings.writer() == WriterKind.HEAP;
        boolean pooling = settings.writer() == WriterKind.POOLED;
        boolean linear = heap && settings.decoder().banks() > 0;
        int stored = settings.keys() * settings.memory().channels();
        content = settings.writer() == WriterKind.NONE
                ? null
                : heap
                        ? child(
                                "content",
                                linear ? Layers.zero(Layers.conv1(stored)) : Layers.conv1(stored),
                                width,
                                h,
                                w)
                        : child("content", Layers.dense(settings.embedding()), episodes ? seen : (long) width * h * w);
        keyHidden = !pooling ? null : child("key_hidden", Layers.dense(width), settings.embedding());
        int keyNumbers = settings.keys() * KeySpace.KEY;
        keyMean = child("key_mean", pooling ? Layers.dense(keyNumbers) : Layers.zero(Layers.dense(keyNumbers)), width);
        keyLogVariance = child("key_log_variance", Layers.zero(Layers.dense(keyNumbers)), width);
        latentMean = Layers.latentHead(this, "latent_mean", seen);
        latentLogVariance = Layers.latentHead(this, "latent_log_variance", seen);
        code = linear
                ? child(
                        "code",
                        Layers.conv1(stored),
                        (long) settings.image().channels() * settings.patch() * settings.patch(),
                        h,
                        w)
                : null;
    }

    /**
     * Sets the linear code.
     *
     * @param weight [K C, Cx p p]
     * @param bias [K C]
     */
    void startCode(float[] weight, float[] bias) {
        Layers.set(code.getParameters().get("weight"), LinearPath.enlarged(weight));
        Layers.set(code.getParameters().get("bias"), LinearPath.enlarged(bias));
    }

    @Override
    NDList pass(ParameterStore store, NDList in, boolean training) {
        NDArray images = in.singletonOrThrow();
        KanervaSettings s = settings;
        requireImages(images.getShape());
        long b = images.getShape().get(0);
        long t = images.getShape().get(1);
        NDArray input = s.likelihood().encoded(images);
        NDArray maps;
        NDArray pooled;
        NDArray patch = null;
        if (s.encoder().kind() == EncoderKind.RESNET18_TSM) {
            maps = Layers.run(features, store, input, training);
            pooled = maps;
        } else {
            NDArray flat = input.reshape(s.image().shape(b * t));
            patch = Layers.spaceToDepth(flat, s.patch());
            NDArray first = Layers.run(patches, store, training ? Layers.channelsLast(patch) : patch, training);
            maps = Layers.run(features, store, first, training);
            pooled = Layers.spatialMean(maps);
        }
        NDArray latentFeatures = s.latentLayout() == LatentLayout.MAP ? maps : pooled;
        NDArray written;
        NDArray keyFeatures;
        if (s.writer() == WriterKind.HEAP) {
            NDArray blocks = Layers.run(content, store, maps, training);
            written = (code == null
                            ? blocks
                            : Scale.by(blocks.add(Layers.run(code, store, patch, training)), LinearPath.CAREFUL))
                    .reshape(s.blockShape(b, t));
            keyFeatures = pooled;
        } else if (s.writer() == WriterKind.NONE) {
            written = images.getManager().zeros(new Shape(b, t, 1), DataType.FLOAT32);
            // Nothing depends on the keys: their posterior stays what it starts as, the prior.
            keyFeatures = pooled;
        } else {
            NDArray embedding = Layers.run(
                    content, store, maps.reshape(b * t, maps.getShape().size() / (b * t)), training);
            written = embedding.reshape(b, t, s.embedding());
            keyFeatures = Activation.relu(Layers.run(keyHidden, store, Activation.relu(embedding), training));
        }
        return new NDList(
                written,
                Layers.run(keyMean, store, keyFeatures, training).reshape(b, t, s.keys(), KeySpace.KEY),
                Layers.run(keyLogVariance, store, keyFeatures, training).reshape(b, t, s.keys(), KeySpace.KEY),
                Layers.run(latentMean, store, latentFeatures, training).reshape(b, t, s.latent()),
                Layers.run(latentLogVariance, store, latentFeatures, training).reshape(b, t, s.latent()));
    }

    private void requireImages(Shape found) {
        KanervaSettings s = settings;
        if (found.dimension() != 5
                || found.get(0) < 1
                || found.get(1) < 1
                || !found.slice(2).equals(s.image().shape())) {
            throw new IllegalArgumentException("images: expected [B, T, %d, %d, %d] with B and T at least 1, found %s"
                    .formatted(
                            s.image().channels(), s.image().height(), s.image().width(), found));
        }
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        long b = inputShapes[0].get(0);
        long t = inputShapes[0].get(1);
        KanervaSettings s = settings;
        Shape written = s.writer() == WriterKind.HEAP
                ? s.blockShape(b, t)
                : new Shape(b, t, s.writer() == WriterKind.NONE ? 1 : s.embedding());
        Shape key = new Shape(b, t, s.keys(), KeySpace.KEY);
        Shape latent = new Shape(b, t, s.latent());
        return new Shape[] {written, key, key, latent, latent};
    }
}
