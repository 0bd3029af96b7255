package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import java.util.Map;

/**
 * Gives a writer a block of feature maps for each key. In a model with a {@link LinearPath}, content is a linear code
 * of each single patch, plus a correction from the features that starts at zero.
 */
final class BlockEncoder extends Encoder {
    /**
     * Where the log-variances of the x and y of a pooled writer's keys start: a standard deviation of 0.011, some
     * tenths of a pixel. From wider keys reads are a blur, and training ignores the memory.
     */
    private static final float POOLED_LOG_VARIANCE = -9;

    /**
     * The same where a linear path reads the blocks: less than a thousandth of a pixel. Its code is exact from the
     * start, and a blur costs an image in colour far more than the ten nats that finer keys do.
     */
    private static final float LINEAR_LOG_VARIANCE = -22;

    private final Trunk trunk;
    private final Block content;
    private final PosteriorHeads heads;
    /** The linear code of a patch; null without a linear path. */
    private final Block code;

    BlockEncoder(KanervaSettings settings) {
        super(settings);
        trunk = switch (settings.encoder().kind()) {
            case RESIDUAL -> new ResidualTrunk(this);
            case RESNET18_TSM -> child("features", new TemporalResNet(settings), 1);
        };
        boolean linear = settings.decoder().banks() > 0;
        int h = settings.block().rows();
        int w = settings.block().columns();
        Block fromFeatures = Layers.conv1(contentChannels(settings));
        content = child("content", linear ? Layers.zero(fromFeatures) : fromFeatures, trunk.width(), h, w);
        float pooled = linear ? LINEAR_LOG_VARIANCE : POOLED_LOG_VARIANCE;
        heads = new PosteriorHeads(this, settings.writer() == WriterKind.POOLED ? pooled : 0, trunk.width());
        code = linear
                ? child("code", Layers.conv1(contentChannels(settings)), ResidualTrunk.patchSize(settings), h, w)
                : null;
    }

    /** Channels of a sample's content, K C. */
    static int contentChannels(KanervaSettings settings) {
        return settings.keys() * settings.memory().channels();
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
    EncoderOutput encode(ParameterStore store, NDArray images, boolean training) {
        NDArray features = trunk.features(store, images, training);
        NDArray pooled = Layers.spatialMean(features);
        NDArray blocks = Layers.run(content, store, features, training);
        if (code != null) {
            NDArray patches = ResidualTrunk.patches(settings, images);
            blocks = Constant.scale(
                    blocks.add(Layers.run(code, store, patches, training)), LinearPath.MEAN_WEIGHT_SCALE);
        }
        if (settings.bits() > 0) {
            blocks = Layers.rounded(blocks.tanh(), settings.bits(), training);
        }
        long b = images.getShape().get(0);
        long t = images.getShape().get(1);
        return heads.output(store, blocks.reshape(contentShape(b, t)), pooled, features, training);
    }

    @Override
    Map<Parameter, float[]> factors() {
        return heads.factors();
    }

    @Override
    Shape contentShape(long b, long t) {
        return settings.blockShape(b, t);
    }
}
