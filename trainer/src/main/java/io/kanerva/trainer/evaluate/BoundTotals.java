package io.kanerva.trainer.evaluate;

/** Accumulates the terms of the bound and its variance over episodes. */
final class BoundTotals {
    private double reconstruction;
    private double keys;
    private double latent;
    private double importance;
    private double squares;
    private int episodes;
    private long samples;

    /** Adds an episode. */
    void add(SampleTerms terms) {
        for (int i = 0; i < terms.reconstruction().length; i++) {
            reconstruction += terms.reconstruction()[i];
            keys += terms.klKeys()[i];
            latent += terms.klLatent()[i];
        }
        squares += terms.mean() * terms.mean();
        episodes++;
        samples += terms.reconstruction().length;
    }

    /** Adds a sample's importance-weighted bound. */
    void addImportance(double value) {
        importance += value;
    }

    BoundReport report(int importanceSamples, int length) {
        double nats = (reconstruction + keys + latent) / samples;
        double variance =
                episodes > 1 ? Math.max(0, squares / episodes - nats * nats) * episodes / (episodes - 1) : Double.NaN;
        return new BoundReport(
                nats,
                Math.sqrt(variance / episodes),
                reconstruction / samples,
                keys / samples,
                latent / samples,
                importanceSamples == 0 ? Double.NaN : -importance / samples,
                importanceSamples,
                episodes,
                length);
    }
}
