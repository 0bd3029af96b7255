package io.kanerva.tools.experiment;

import io.kanerva.runtime.BoundTerms;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Generation;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Memory;
import io.kanerva.runtime.Reading;
import io.kanerva.tools.image.Pictures;
import io.kanerva.trainer.evaluate.TestEpisodes;
import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * Measures how many random keys give valid images. An image is valid if it is closer to some image of the episode in
 * memory than two images of the same class are to each other on average.
 */
public final class GenerationExperiment {
    private static final int PAIRS = 20_000;

    private GenerationExperiment() {}

    /**
     * The results.
     *
     * @param keys random keys read, each with a latent drawn from its prior
     * @param episodes number of memories that they were read from
     * @param withinClass mean distance between two images of the same class
     * @param meanDistance mean distance of a generated mean image to the nearest image of its episode
     * @param validMeans share of the keys whose mean image is valid
     * @param validSamples the same for one sampled image per key
     * @param klKeys KL(Y) of these episodes, nats per image
     */
    public record Result(
            int keys,
            int episodes,
            double withinClass,
            double meanDistance,
            double validMeans,
            double validSamples,
            double klKeys) {}

    /**
     * Runs the experiment.
     *
     * @param keys number of keys, spread over the episodes
     * @param seed of pairs, keys, latents and samples
     * @param progress called with the number of episodes done
     * @throws IllegalArgumentException if the images have no labels
     */
    public static Result run(Kanerva kanerva, TestEpisodes episodes, int keys, long seed, IntConsumer progress) {
        int size = episodes.images().pixelsPerImage();
        double withinClass = ImageDistance.withinClass(episodes, PAIRS, seed);
        int memories = Math.min(episodes.count(), keys);
        int done = 0;
        int validMeans = 0;
        int validSamples = 0;
        double distance = 0;
        double divergence = 0;
        for (int e = 0; e < memories; e++) {
            int count = keys / memories + (e < keys % memories ? 1 : 0);
            FloatTensor episode = Pictures.of(episodes, e).tensor();
            Memory memory = kanerva.write(episode);
            Generation generation = kanerva.generate(memory, count, seed + e);
            Reading reading = kanerva.read(memory, generation.keys());
            float[] samples = kanerva.sample(kanerva.decode(reading.priorMean(), reading.traces()), seed + e)
                    .data();
            for (int i = 0; i < count; i++) {
                double nearest = nearest(generation.images().data(), i, episode.data(), episodes.length(), size);
                distance += nearest;
                validMeans += nearest < withinClass ? 1 : 0;
                validSamples += nearest(samples, i, episode.data(), episodes.length(), size) < withinClass ? 1 : 0;
            }
            BoundTerms terms = kanerva.bound(episode, seed + e);
            divergence += Arrays.stream(terms.klKeys()).average().orElseThrow();
            done += count;
            progress.accept(e + 1);
        }
        return new Result(
                done,
                memories,
                withinClass,
                distance / done,
                validMeans / (double) done,
                validSamples / (double) done,
                divergence / memories);
    }

    private static double nearest(float[] images, int i, float[] episode, int length, int size) {
        return ImageDistance.between(images, i, episode, ImageDistance.nearest(images, i, episode, length, size), size);
    }
}
