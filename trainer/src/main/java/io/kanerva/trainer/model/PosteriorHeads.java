package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.core.Linear;
import ai.djl.training.ParameterStore;
import java.util.Arrays;
import java.util.Map;

/** The last layers of an encoder: q(Y | X) and q(Z | X) from its features. */
final class PosteriorHeads {
    private final KanervaSettings settings;
    private final Block keyMean;
    private final Block keyLogVariance;
    /**
     * What a key's mean, as stored, is a multiple of: about the deviation at which keys start, a power of two. A step
     * of Adam changes all weights by about the same amount, which would throw narrow keys off their slots.
     */
    private final float unit;

    private final Constant unitFactor;

    private final Block latentMean;
    private final Block latentLogVariance;

    /**
     * Registers the heads with an encoder.
     *
     * @param logVariance where the log-variances of a key's x and y start
     * @param width channels of the features
     */
    PosteriorHeads(KanervaBlock parent, float logVariance, int width) {
        settings = parent.settings;
        unit = (float) Math.pow(2, Math.rint(0.5 * logVariance / Math.log(2)));
        unitFactor = Constant.of(new float[] {unit}, new Shape());
        int numbers = settings.keys() * KeySpace.KEY;
        keyMean = parent.child("key_mean", Layers.zero(Layers.dense(numbers)), width);
        keyLogVariance = parent.child("key_log_variance", Layers.zero(Layers.dense(numbers)), width);
        if (logVariance != 0) {
            float[] biases = new float[numbers];
            for (int i = 0; i < numbers; i++) {
                biases[i] = i % KeySpace.KEY == 0 ? 0 : logVariance;
            }
            keyLogVariance.setInitializer((manager, shape, type) -> manager.create(biases), Parameter.Type.BIAS);
        }
        latentMean = Layers.latentHead(parent, "latent_mean", width);
        latentLogVariance = Layers.latentHead(parent, "latent_log_variance", width);
    }

    /** See {@link KanervaModel#factors}. */
    Map<Parameter, float[]> factors() {
        if (unit == 1) {
            return Map.of();
        }
        float[] units = new float[settings.keys() * KeySpace.KEY];
        Arrays.fill(units, unit);
        return Map.of(parameter("weight"), units, parameter("bias"), units);
    }

    private Parameter parameter(String name) {
        return keyMean.getParameters().get(name);
    }

    private NDArray keyMean(ParameterStore store, NDArray pooled, boolean training) {
        if (unit == 1) {
            return Layers.run(keyMean, store, pooled, training);
        }
        NDArray factor = unitFactor.on(pooled.getManager());
        NDArray weight = store.getValue(parameter("weight"), pooled.getDevice(), training);
        NDArray bias = store.getValue(parameter("bias"), pooled.getDevice(), training);
        // The products belong to the pass, not, like the weights, to the model.
        return Linear.linear(pooled, factor.mul(weight), factor.mul(bias)).singletonOrThrow();
    }

    /**
     * An encoder's output.
     *
     * @param content [B, T, ...]
     * @param pooled the mean of the features' maps, [B T, width]
     * @param features maps [B T, width, h, w]
     */
    EncoderOutput output(ParameterStore store, NDArray content, NDArray pooled, NDArray features, boolean training) {
        long b = content.getShape().get(0);
        long t = content.getShape().get(1);
        int k = settings.keys();
        int d = settings.latent();
        NDArray latentFeatures = settings.latentLayout() == LatentLayout.MAP ? features : pooled;
        return new EncoderOutput(
                content,
                keyMean(store, pooled, training).reshape(b, t, k, KeySpace.KEY),
                Layers.run(keyLogVariance, store, pooled, training).reshape(b, t, k, KeySpace.KEY),
                Layers.run(latentMean, store, latentFeatures, training).reshape(b, t, d),
                Layers.run(latentLogVariance, store, latentFeatures, training).reshape(b, t, d));
    }
}
