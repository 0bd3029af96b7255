package io.kanerva.trainer.train;

/**
 * The measurements of one training step: means over its samples, in nats, with one draw of keys and latents each.
 *
 * @param step steps done, counted from 1
 * @param reconstruction -ln p(x | z, M, Y)
 * @param klKeys KL(Y), unweighted
 * @param klLatent KL(Z), unweighted
 * @param gradientNorm global L2 norm before clipping
 * @param learningRate of this step
 * @param keyWeight weight of KL(Y) in the loss
 * @param latentWeight weight of KL(Z) in the loss
 */
public record StepMetrics(
        int step,
        double reconstruction,
        double klKeys,
        double klLatent,
        double gradientNorm,
        double learningRate,
        double keyWeight,
        double latentWeight) {

    /** The negative bound of the step's samples, both divergences in full. */
    public double bound() {
        return reconstruction + klKeys + klLatent;
    }
}
