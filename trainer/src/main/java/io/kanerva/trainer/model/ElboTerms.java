package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;

/**
 * The bound's terms for each sample at one draw of keys and latents, [B, T], nats.
 *
 * @param reconstruction -ln p(x | z, M, Y)
 * @param klKeys KL(q(Y | X) || p(Y))
 * @param klLatent KL(q(Z | X) || p(Z | M, Y)), and the sample's share of the memory's divergence if it is charged
 * @param klMemory that share, KL(q(M | X) || p(M)) / T; zeros if the memory is free
 * @param importanceLogWeight ln p(x, z, y | M) - ln q(z, y | x): ln p(x | z, M, Y) plus the log-ratios of the two
 *     draws. With a charged memory, also its log-ratio, divided by T: the samples share one draw of it, so only their
 *     sum is the logarithm of an importance weight, that of the episode
 */
public record ElboTerms(
        NDArray reconstruction, NDArray klKeys, NDArray klLatent, NDArray klMemory, NDArray importanceLogWeight) {}
