package io.kanerva.runtime;

/**
 * The result of Q reads from each of B memories.
 *
 * @param traces the blocks that the keys cut out of the memory, [B, Q, K, C, h, w]
 * @param priorMean means of the latent's prior given the traces, [B, Q, D]
 * @param priorLogVariance logarithms of its variances, [B, Q, D]
 */
public record Reading(FloatTensor traces, FloatTensor priorMean, FloatTensor priorLogVariance) {}
