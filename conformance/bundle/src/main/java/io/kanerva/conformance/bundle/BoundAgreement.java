package io.kanerva.conformance.bundle;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.kanerva.runtime.BoundTerms;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.trainer.evaluate.BoundReport;
import io.kanerva.trainer.evaluate.NoiseSource;
import io.kanerva.trainer.evaluate.TestEpisodes;
import io.kanerva.trainer.model.ElboTerms;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import java.util.Locale;
import java.util.function.IntConsumer;

/**
 * The clean bound of the same episodes with the same noise, through DJL and through a bundle's graphs alone.
 *
 * @param djl the reference
 * @param graphs the runtime's
 * @param largestImageDifference largest absolute difference of one image's bound, in nats
 */
public record BoundAgreement(BoundReport djl, BoundReport graphs, double largestImageDifference) {

    /**
     * Scores all episodes down both paths.
     *
     * @param model that the bundle was exported from
     * @param kanerva the open bundle
     * @param seed of the noise, see {@link PhiloxNoise}
     * @param progress hears the number of episodes done after each one
     */
    public static BoundAgreement compare(
            KanervaModel model, Kanerva kanerva, TestEpisodes episodes, long seed, IntConsumer progress) {
        KanervaSettings s = model.settings();
        NoiseSource noise = new PhiloxNoise(seed);
        int t = episodes.length();
        Totals djl = new Totals();
        Totals graphs = new Totals();
        double largest = 0;
        for (int e = 0; e < episodes.count(); e++) {
            float[] images = episodes.episode(e);
            float[] keyNoise = noise.normals(NoiseSource.stream(e, 0, 0), t * s.keys() * 3);
            float[] latentNoise = noise.normals(NoiseSource.stream(e, 0, 1), t * s.latent());
            double[] expected = djl.add(reference(model, t, images, keyNoise, latentNoise));
            double[] found = graphs.add(kanerva.bound(
                    new FloatTensor(
                            images,
                            1,
                            t,
                            s.image().channels(),
                            s.image().height(),
                            s.image().width()),
                    new FloatTensor(keyNoise, 1, t, s.keys(), 3),
                    new FloatTensor(latentNoise, 1, t, s.latent())));
            for (int i = 0; i < t; i++) {
                largest = Math.max(largest, Math.abs(found[i] - expected[i]));
            }
            progress.accept(e + 1);
        }
        return new BoundAgreement(djl.report(t), graphs.report(t), largest);
    }

    /** Absolute difference of the two bounds, in nats an image. */
    public double difference() {
        return Math.abs(djl.nats() - graphs.nats());
    }

    /** Whether the difference is at most {@link Budget#ofBound}. */
    public boolean holds() {
        return difference() <= Budget.ofBound(djl.nats());
    }

    /** Both bounds with their parts, the difference and its budget. */
    public String toText() {
        return String.format(
                Locale.ROOT,
                "%-16s %s%n%-16s %s%ndifference of the means %.2e nats (budget %.0e), of one image at most %.2e%n",
                "PyTorch",
                djl,
                "exported graphs",
                graphs,
                difference(),
                Budget.ofBound(djl.nats()),
                largestImageDifference);
    }

    private static BoundTerms reference(
            KanervaModel model, int t, float[] images, float[] keyNoise, float[] latentNoise) {
        KanervaSettings s = model.settings();
        try (NDManager scratch = model.manager().newSubManager()) {
            ElboTerms terms = model.pass(
                    scratch.create(images, s.image().shape(1, t)),
                    scratch.create(keyNoise, new Shape(1, t, s.keys(), 3)),
                    scratch.create(latentNoise, new Shape(1, t, s.latent())),
                    false);
            return new BoundTerms(
                    doubles(terms.reconstruction().toFloatArray()),
                    doubles(terms.klKeys().toFloatArray()),
                    doubles(terms.klLatent().toFloatArray()));
        }
    }

    private static double[] doubles(float[] values) {
        double[] doubles = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            doubles[i] = values[i];
        }
        return doubles;
    }

    /** Sums over images, and the spread over episodes. */
    private static final class Totals {
        private double reconstruction;
        private double keys;
        private double latent;
        private double sumOfMeans;
        private double sumOfSquares;
        private int episodes;

        /** Adds an episode; the bounds of its images. */
        double[] add(BoundTerms terms) {
            double[] bounds = new double[terms.samples()];
            for (int i = 0; i < bounds.length; i++) {
                reconstruction += terms.reconstruction()[i];
                keys += terms.klKeys()[i];
                latent += terms.klLatent()[i];
                bounds[i] = terms.negativeBound(i);
            }
            double mean = terms.meanNegativeBound();
            sumOfMeans += mean;
            sumOfSquares += mean * mean;
            episodes++;
            return bounds;
        }

        BoundReport report(int length) {
            double mean = sumOfMeans / episodes;
            double variance = episodes > 1
                    ? Math.max(0, sumOfSquares / episodes - mean * mean) * episodes / (episodes - 1)
                    : Double.NaN;
            double images = (double) episodes * length;
            return new BoundReport(
                    mean,
                    Math.sqrt(variance / episodes),
                    reconstruction / images,
                    keys / images,
                    latent / images,
                    Double.NaN,
                    0,
                    episodes,
                    length);
        }
    }
}
