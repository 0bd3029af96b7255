package io.kanerva.trainer.evaluate;

import java.util.Locale;

/**
 * The clean bound over test episodes: every latent sampled from the very distribution whose divergence is charged, both
 * divergences in full, scored on the images that wrote the memory. All in nats an image; lower is better.
 *
 * @param nats the negative bound: reconstruction + keyDivergence + latentDivergence
 * @param standardError of {@code nats}, over episodes; NaN if there was only one
 * @param reconstruction -ln p(x | z, M, Y)
 * @param keyDivergence KL(Y)
 * @param latentDivergence KL(Z)
 * @param importanceWeighted the importance-weighted bound, negated; NaN if it was not asked for
 * @param importanceSamples draws an image that it took; 0 if it was not asked for
 * @param episodes episodes scored
 * @param episodeLength T
 */
public record BoundReport(
        double nats,
        double standardError,
        double reconstruction,
        double keyDivergence,
        double latentDivergence,
        double importanceWeighted,
        int importanceSamples,
        int episodes,
        int episodeLength) {

    /** Nats to bits a dimension, for images of {@code dimensions} numbers. */
    public double bitsPerDimension(int dimensions) {
        return nats / (dimensions * Math.log(2));
    }

    /** The bound as bits a dimension, with its standard error, for images of {@code dimensions} numbers. */
    public String bits(int dimensions) {
        double bit = dimensions * Math.log(2);
        String error = Double.isNaN(standardError) ? "" : String.format(Locale.ROOT, " +- %.4f", standardError / bit);
        String line = String.format(
                Locale.ROOT,
                "%.4f%s bits a dimension = reconstruction %.4f + KL(Y) %.4f + KL(Z) %.4f (%,d dimensions)",
                nats / bit,
                error,
                reconstruction / bit,
                keyDivergence / bit,
                latentDivergence / bit,
                dimensions);
        return importanceSamples == 0
                ? line
                : line
                        + String.format(
                                Locale.ROOT,
                                "; importance-weighted with %d samples: %.4f",
                                importanceSamples,
                                importanceWeighted / bit);
    }

    /** One line with all the numbers. */
    @Override
    public String toString() {
        String error = Double.isNaN(standardError) ? "" : String.format(Locale.ROOT, " +- %.3f", standardError);
        String line = String.format(
                Locale.ROOT,
                "%.3f%s nats an image = reconstruction %.3f + KL(Y) %.3f + KL(Z) %.3f (%d %s of T = %d, scored on the images that wrote M)",
                nats,
                error,
                reconstruction,
                keyDivergence,
                latentDivergence,
                episodes,
                episodes == 1 ? "episode" : "episodes",
                episodeLength);
        return importanceSamples == 0
                ? line
                : line
                        + String.format(
                                Locale.ROOT,
                                "; importance-weighted with %d samples: %.3f",
                                importanceSamples,
                                importanceWeighted);
    }
}
