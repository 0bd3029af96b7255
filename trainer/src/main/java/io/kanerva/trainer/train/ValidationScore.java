package io.kanerva.trainer.train;

/**
 * The clean bound on the validation images at one step, nats per image.
 *
 * @param step steps done
 * @param bound the negative bound: the sum of the three terms
 * @param standardError of the bound, over episodes; NaN if there was only one
 * @param reconstruction -ln p(x | z, M, Y)
 * @param klKeys KL(Y)
 * @param klLatent KL(Z)
 */
public record ValidationScore(
        int step, double bound, double standardError, double reconstruction, double klKeys, double klLatent) {}
