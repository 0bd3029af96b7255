package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;

/**
 * The bound's terms for each sample at one draw of keys and latents, [B, T], nats.
 *
 * @param reconstruction -ln p(x | z, M, Y)
 * @param keyDivergence KL(q(Y | X) || p(Y))
 * @param latentDivergence KL(q(Z | X) || p(Z | M, Y))
 * @param importanceLogWeight ln p(x, z, y | M) - ln q(z, y | x): ln p(x | z, M, Y) plus the log-ratios of the two draws
 */
public record BoundTerms(
        NDArray reconstruction, NDArray keyDivergence, NDArray latentDivergence, NDArray importanceLogWeight) {}
