package io.kanerva.tools.experiment;

import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Lookup;
import io.kanerva.runtime.Memory;
import io.kanerva.runtime.Recall;
import io.kanerva.tools.image.Damage;
import io.kanerva.tools.image.Pictures;
import io.kanerva.trainer.evaluate.TestEpisodes;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/** Measures iterative reading: a damaged image is looked up, read and decoded, and the result is the next query. */
public final class IterationExperiment {
    private IterationExperiment() {}

    /**
     * The results for one kind of damage.
     *
     * @param damage its name
     * @param errors mean squared error per pixel against the intact image: of the query, then after each iteration
     * @param found share of the queries that found their own sample in each iteration
     */
    public record Row(String damage, List<Double> errors, List<Double> found) {}

    /** Returns the kinds of damage by name. */
    public static Map<String, Damage> damages() {
        Map<String, Damage> damages = new LinkedHashMap<>();
        damages.put("none", (pictures, seed) -> pictures);
        damages.put("salt and pepper, 15 %", (pictures, seed) -> Damage.saltAndPepper(pictures, 0.15, seed));
        damages.put("salt and pepper, 30 %", (pictures, seed) -> Damage.saltAndPepper(pictures, 0.3, seed));
        damages.put("speckle, deviation 0.5", (pictures, seed) -> Damage.speckle(pictures, 0.5, seed));
        damages.put("Poisson, 2 photons", (pictures, seed) -> Damage.poisson(pictures, 2, seed));
        for (Damage.Half half : Damage.Half.values()) {
            damages.put(
                    half.name().toLowerCase(Locale.ROOT) + " half erased",
                    (pictures, seed) -> Damage.erase(pictures, half));
        }
        return damages;
    }

    /**
     * Runs one kind of damage over all episodes.
     *
     * @param iterations at least 1
     * @param progress called with the number of episodes done
     */
    public static Row run(
            Kanerva kanerva,
            TestEpisodes episodes,
            String name,
            Damage damage,
            int iterations,
            long seed,
            IntConsumer progress) {
        double[] errors = new double[iterations + 1];
        double[] found = new double[iterations];
        for (int e = 0; e < episodes.count(); e++) {
            Pictures episode = Pictures.of(episodes, e);
            Memory memory = kanerva.write(episode.tensor());
            Pictures queries = damage.spoil(episode, seed + e);
            errors[0] += meanSquaredError(queries.values(), episode.values()) / episodes.count();
            Recall recall = kanerva.recall(memory, queries.tensor(), iterations);
            for (int i = 0; i < iterations; i++) {
                errors[i + 1] += meanSquaredError(recall.steps().get(i).data(), episode.values()) / episodes.count();
                Lookup lookup = recall.lookups().get(i);
                found[i] += IntStream.range(0, lookup.samples().length)
                                .filter(j -> lookup.samples()[j] == j)
                                .count()
                        / (double) (episodes.count() * episodes.length());
            }
            progress.accept(e + 1);
        }
        return new Row(
                name,
                Arrays.stream(errors).boxed().toList(),
                Arrays.stream(found).boxed().toList());
    }

    private static double meanSquaredError(float[] images, float[] originals) {
        double sum = 0;
        for (int i = 0; i < images.length; i++) {
            double difference = (double) images[i] - originals[i];
            sum += difference * difference;
        }
        return sum / images.length;
    }
}
