package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;

/**
 * The heap encoder of a model with a {@link LinearPath}: content is a linear code of each single patch, plus a
 * correction from the features that starts at zero.
 */
final class LinearHeapEncoder extends HeapEncoder {
    private final Block code;

    LinearHeapEncoder(KanervaSettings settings) {
        super(settings, Layers.zero(Layers.conv1(contentChannels(settings))));
        code = child(
                "code",
                Layers.conv1(contentChannels(settings)),
                ResidualTrunk.patchSize(settings),
                settings.block().rows(),
                settings.block().columns());
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
    NDArray blocks(ParameterStore store, NDArray patches, NDArray featureMaps, boolean training) {
        return Constant.scale(
                featureMaps.add(Layers.run(code, store, patches, training)), LinearPath.MEAN_WEIGHT_SCALE);
    }
}
