package io.kanerva.tools.experiment;

import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Memory;
import io.kanerva.runtime.ModelSettings.Addressing;
import io.kanerva.runtime.Reading;
import io.kanerva.tools.image.Pictures;
import io.kanerva.trainer.evaluate.TestEpisodes;

/** Reads images at keys on the straight line between two samples' keys. */
public final class InterpolationExperiment {
    private InterpolationExperiment() {}

    /**
     * The results.
     *
     * @param images [pairs x steps], a row per pair, from one sample to the next one written
     * @param distances mean distance of each step's images to the nearest image of the episode, [steps]
     * @param changes mean number of changes of the nearest image along a line
     */
    public record Result(Pictures images, double[] distances, double changes) {}

    /**
     * Runs the experiment on one episode.
     *
     * @param pairs number of pairs of consecutive samples, at most T - 1
     * @param steps keys per line, including both ends, at least 2
     */
    public static Result run(Kanerva kanerva, TestEpisodes episodes, int episode, int pairs, int steps) {
        FloatTensor images = Pictures.of(episodes, episode).tensor();
        Memory memory = kanerva.write(images);
        FloatTensor ends = memory.pointers(); // [1, T, K, 3]
        int numbers = kanerva.bundle().settings().keys() * 3;
        FloatTensor keys =
                FloatTensor.zeros(1, pairs * steps, kanerva.bundle().settings().keys(), 3);
        for (int read = 0; read < pairs * steps; read++) {
            float part = read % steps / (float) (steps - 1);
            for (int i = 0; i < numbers; i++) {
                float from = ends.data()[read / steps * numbers + i];
                float to = ends.data()[(read / steps + 1) * numbers + i];
                float key = from + part * (to - from);
                // A dereferenced key names a slot: the one that the line is in.
                boolean isName = i % 3 > 0 && kanerva.bundle().settings().addressing() == Addressing.DEREFERENCED;
                keys.data()[read * numbers + i] = isName ? (float) Math.floor(key) : key;
            }
        }
        Reading reading = kanerva.read(memory, keys);
        FloatTensor decoded = kanerva.bundle()
                .settings()
                .likelihood()
                .means(kanerva.bundle().settings(), kanerva.decode(reading.priorMean(), reading.traces()));
        int size = episodes.images().pixelsPerImage();
        double[] distances = new double[steps];
        int changes = 0;
        int last = 0;
        for (int read = 0; read < pairs * steps; read++) {
            int nearest = ImageDistance.nearest(decoded.data(), read, images.data(), episodes.length(), size);
            distances[read % steps] +=
                    ImageDistance.between(decoded.data(), read, images.data(), nearest, size) / pairs;
            changes += read % steps > 0 && nearest != last ? 1 : 0;
            last = nearest;
        }
        return new Result(Pictures.of(decoded), distances, changes / (double) pairs);
    }
}
