package io.kanerva.trainer.evaluate;

import java.util.Locale;

/**
 * The clean bound over test episodes: every latent is sampled from the distribution whose divergence counts, both
 * divergences count in full, and the scored images are those that wrote the memory. All in nats per image; lower is
 * better.
 *
 * @param nats the negative bound: reconstruction + klKeys + klLatent
 * @param standardError of {@code nats}, over episodes; NaN for a single one
 * @param reconstruction -ln p(x | z, M, Y)
 * @param klKeys KL(Y)
 * @param klLatent KL(Z)
 * @param importanceWeighted the negative importance-weighted bound; NaN if not computed
 * @param importanceSamples its draws per image; 0 if not computed
 * @param episodes number of episodes
 * @param episodeLength T
 */
public record BoundReport(
        double nats,
        double standardError,
        double reconstruction,
        double klKeys,
        double klLatent,
        double importanceWeighted,
        int importanceSamples,
        int episodes,
        int episodeLength) {

    /** Returns the bound in bits per dimension, for images of {@code dimensions} values. */
    public double bitsPerDimension(int dimensions) {
        return nats / (dimensions * Math.log(2));
    }

    /** Describes the bound in bits per dimension, with its standard error, for images of {@code dimensions} values. */
    public String bits(int dimensions) {
        double bit = dimensions * Math.log(2);
        String error = Double.isNaN(standardError) ? "" : String.format(Locale.ROOT, " +- %.4f", standardError / bit);
        String line = String.format(
                Locale.ROOT,
                "%.4f%s bits per dimension = reconstruction %.4f + KL(Y) %.4f + KL(Z) %.4f (%,d dimensions)",
                nats / bit,
                error,
                reconstruction / bit,
                klKeys / bit,
                klLatent / bit,
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

    /** All terms in one line. */
    @Override
    public String toString() {
        String error = Double.isNaN(standardError) ? "" : String.format(Locale.ROOT, " +- %.3f", standardError);
        String line = String.format(
                Locale.ROOT,
                "%.3f%s nats per image = reconstruction %.3f + KL(Y) %.3f + KL(Z) %.3f (%d %s of T = %d, scored "
                        + "on the images that wrote M)",
                nats,
                error,
                reconstruction,
                klKeys,
                klLatent,
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
