package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;

/**
 * The bound's terms for each sample at one draw of keys and latents, [B, T], nats.
 *
 * @param reconstruction -ln p(x | z, M, Y)
 * @param klKeys KL(q(Y | X) || p(Y))
 * @param klLatent KL(q(Z | X) || p(Z | M, Y))
 * @param importanceLogWeight ln p(x, z, y | M) - ln q(z, y | x): ln p(x | z, M, Y) plus the log-ratios of the two draws
 */
public record ElboTerms(NDArray reconstruction, NDArray klKeys, NDArray klLatent, NDArray importanceLogWeight) {}
