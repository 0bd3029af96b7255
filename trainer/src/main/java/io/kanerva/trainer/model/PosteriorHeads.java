package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;

/** The last layers of an encoder: q(Y | X) and q(Z | X) from its features. */
final class PosteriorHeads {
    private final KanervaSettings settings;
    private final Block keyMean;
    private final Block keyLogVariance;
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
                Layers.run(keyMean, store, pooled, training).reshape(b, t, k, KeySpace.KEY),
                Layers.run(keyLogVariance, store, pooled, training).reshape(b, t, k, KeySpace.KEY),
                Layers.run(latentMean, store, latentFeatures, training).reshape(b, t, d),
                Layers.run(latentLogVariance, store, latentFeatures, training).reshape(b, t, d));
    }
}
