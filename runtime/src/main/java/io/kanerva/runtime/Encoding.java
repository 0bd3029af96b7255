package io.kanerva.runtime;

/**
 * The encoder's output for B episodes of T images.
 *
 * @param content what the writer stores: [B, T, K, C, h, w]
 * @param keyMean means of the read keys' posterior, [B, T, K, 3], in the order (scale, x, y)
 * @param keyLogVariance logarithms of its variances, [B, T, K, 3]
 * @param latentMean means of the latents' posterior, [B, T, D]
 * @param latentLogVariance logarithms of its variances, [B, T, D]
 */
public record Encoding(
        FloatTensor content,
        FloatTensor keyMean,
        FloatTensor keyLogVariance,
        FloatTensor latentMean,
        FloatTensor latentLogVariance) {}
