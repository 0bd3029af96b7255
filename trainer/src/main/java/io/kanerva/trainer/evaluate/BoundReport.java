package io.kanerva.trainer.evaluate;

import java.util.Locale;
import java.util.function.DoubleFunction;

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
        String setting = String.format(Locale.ROOT, "%,d dimensions", dimensions);
        return line(dimensions * Math.log(2), "%.4f", "bits per dimension", setting);
    }

    /** All terms in one line. */
    @Override
    public String toString() {
        String setting = String.format(
                Locale.ROOT,
                "%d %s of T = %d, scored on the images that wrote M",
                episodes,
                episodes == 1 ? "episode" : "episodes",
                episodeLength);
        return line(1, "%.3f", "nats per image", setting);
    }

    private String line(double unit, String pattern, String name, String setting) {
        DoubleFunction<String> number = nats -> String.format(Locale.ROOT, pattern, nats / unit);
        String error = Double.isNaN(standardError) ? "" : " +- " + number.apply(standardError);
        String importance = importanceSamples == 0
                ? ""
                : String.format(
                        Locale.ROOT,
                        "; importance-weighted with %d samples: %s",
                        importanceSamples,
                        number.apply(importanceWeighted));
        return "%s%s %s = reconstruction %s + KL(Y) %s + KL(Z) %s (%s)%s"
                .formatted(
                        number.apply(nats),
                        error,
                        name,
                        number.apply(reconstruction),
                        number.apply(klKeys),
                        number.apply(klLatent),
                        setting,
                        importance);
    }
}
