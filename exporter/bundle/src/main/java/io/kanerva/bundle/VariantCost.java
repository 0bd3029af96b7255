package io.kanerva.bundle;

/**
 * The cost and the savings of a bundle's variant. Both bundles are measured in one run with the same episodes and noise
 * on one machine.
 *
 * @param sourceNats negative bound of the bundle that it was made from, mean over the episodes, in nats per image
 * @param nats negative bound of the variant
 * @param standardError of the difference of the two, over episodes; NaN for a single one
 * @param episodes number of episodes scored
 * @param setting description of what was scored
 * @param sourceBytes size of the source's graphs
 * @param bytes size of the variant's graphs
 * @param sourceMicroseconds median time of a recall of one query by the source
 * @param microseconds the same by the variant
 * @param machine description of the machine that it was timed on
 */
public record VariantCost(
        double sourceNats,
        double nats,
        double standardError,
        int episodes,
        String setting,
        long sourceBytes,
        long bytes,
        double sourceMicroseconds,
        double microseconds,
        String machine) {
    /** Above this, the card warns of the cost. */
    public static final double MAX_NATS = 0.1;

    /** The cost in nats per image; negative if the variant happens to be better. */
    public double difference() {
        return nats - sourceNats;
    }

    /** Whether it costs more than {@value #MAX_NATS} nats. */
    public boolean isHigh() {
        return difference() > MAX_NATS;
    }
}
