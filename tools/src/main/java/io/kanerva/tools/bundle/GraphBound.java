package io.kanerva.tools.bundle;

import io.kanerva.runtime.BoundTerms;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Memory;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.tools.image.Damage;
import io.kanerva.tools.image.Pictures;
import io.kanerva.trainer.evaluate.BoundReport;
import io.kanerva.trainer.evaluate.NoiseSource;
import io.kanerva.trainer.evaluate.TestEpisodes;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/** Scores a model on test episodes with its exported graphs alone. */
public final class GraphBound {
    private GraphBound() {}

    /**
     * The clean bound, with the same noise as {@link io.kanerva.trainer.evaluate.CleanBound}'s first draw.
     *
     * @param progress called with the number of episodes done
     */
    public static BoundReport evaluate(
            Kanerva kanerva, TestEpisodes episodes, NoiseSource noise, IntConsumer progress) {
        int length = episodes.length();
        double[] means = new double[episodes.count()];
        double[] sums = new double[3];
        for (int e = 0; e < episodes.count(); e++) {
            BoundTerms terms = terms(kanerva, episodes, e, noise);
            means[e] = terms.meanNegativeBound();
            sums[0] += mean(terms.reconstruction());
            sums[1] += mean(terms.klKeys());
            sums[2] += mean(terms.klLatent());
            progress.accept(e + 1);
        }
        int count = means.length;
        double mean = mean(means);
        double squares = 0;
        for (double value : means) {
            squares += (value - mean) * (value - mean);
        }
        return new BoundReport(
                mean,
                Math.sqrt(squares / (count - 1) / count),
                sums[0] / count,
                sums[1] / count,
                sums[2] / count,
                Double.NaN,
                0,
                count,
                length);
    }

    /** The negative bound of each episode, mean over its images, with the noise of {@link #evaluate}. */
    public static double[] means(Kanerva kanerva, TestEpisodes episodes, NoiseSource noise, IntConsumer progress) {
        double[] means = new double[episodes.count()];
        for (int e = 0; e < means.length; e++) {
            means[e] = terms(kanerva, episodes, e, noise).meanNegativeBound();
            progress.accept(e + 1);
        }
        return means;
    }

    private static BoundTerms terms(Kanerva kanerva, TestEpisodes episodes, int e, NoiseSource noise) {
        ModelSettings settings = kanerva.bundle().settings();
        int length = episodes.length();
        FloatTensor keyNoise = new FloatTensor(
                noise.normals(NoiseSource.stream(e, 0, 0), length * settings.keys() * 3),
                1,
                length,
                settings.keys(),
                3);
        FloatTensor latentNoise = new FloatTensor(
                noise.normals(NoiseSource.stream(e, 0, 1), length * settings.latent()), 1, length, settings.latent());
        return kanerva.bound(Pictures.of(episodes, e).tensor(), keyNoise, latentNoise);
    }

    /**
     * The share of all samples that are found by content with damaged copies of themselves as queries.
     *
     * @param fraction fraction of the pixels that are replaced by 0 or 1 at random
     * @param seed seed of the damage
     * @param progress called with the number of episodes done
     * @return from 0 to 1
     */
    public static double recallAccuracy(
            Kanerva kanerva, TestEpisodes episodes, double fraction, long seed, IntConsumer progress) {
        long found = 0;
        for (int e = 0; e < episodes.count(); e++) {
            Pictures episode = Pictures.of(episodes, e);
            Memory memory = kanerva.write(episode.tensor());
            Pictures queries = Damage.saltAndPepper(episode, fraction, seed + e);
            int[] samples = kanerva.lookUp(memory, queries.tensor()).samples();
            found += IntStream.range(0, samples.length)
                    .filter(i -> samples[i] == i)
                    .count();
            progress.accept(e + 1);
        }
        return found / (double) (episodes.count() * episodes.length());
    }

    private static double mean(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum / values.length;
    }
}
