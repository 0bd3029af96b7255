package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Block;
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
     * @param keys whether the key's mean starts at random rather than at zero
     * @param width channels of the features that the latent's heads see
     */
    PosteriorHeads(KanervaBlock parent, boolean keys, int width) {
        settings = parent.settings;
        int numbers = settings.keys() * KeySpace.KEY;
        int keyWidth = settings.encoder().width();
        keyMean = parent.child("key_mean", keys ? Layers.dense(numbers) : Layers.zero(Layers.dense(numbers)), keyWidth);
        keyLogVariance = parent.child("key_log_variance", Layers.zero(Layers.dense(numbers)), keyWidth);
        latentMean = Layers.latentHead(parent, "latent_mean", width);
        latentLogVariance = Layers.latentHead(parent, "latent_log_variance", width);
    }

    /**
     * An encoder's output.
     *
     * @param content [B, T, ...]
     * @param keyFeatures [B T, width]
     * @param features maps [B T, width, h, w], or the same as {@code pooled}
     * @param pooled [B T, width]
     */
    EncoderOutput output(
            ParameterStore store,
            NDArray content,
            NDArray keyFeatures,
            NDArray features,
            NDArray pooled,
            boolean training) {
        long b = content.getShape().get(0);
        long t = content.getShape().get(1);
        int k = settings.keys();
        int d = settings.latent();
        NDArray latentFeatures = settings.latentLayout() == LatentLayout.MAP ? features : pooled;
        return new EncoderOutput(
                content,
                Layers.run(keyMean, store, keyFeatures, training).reshape(b, t, k, KeySpace.KEY),
                Layers.run(keyLogVariance, store, keyFeatures, training).reshape(b, t, k, KeySpace.KEY),
                Layers.run(latentMean, store, latentFeatures, training).reshape(b, t, d),
                Layers.run(latentLogVariance, store, latentFeatures, training).reshape(b, t, d));
    }
}
