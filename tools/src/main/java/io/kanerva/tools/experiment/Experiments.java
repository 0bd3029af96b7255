package io.kanerva.tools.experiment;

import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Memory;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.runtime.Planes;
import io.kanerva.tools.image.Pictures;
import io.kanerva.trainer.evaluate.TestEpisodes;

/** What the experiments share: how images go into a model and come out of it. */
final class Experiments {
    private Experiments() {}

    /** A test episode, [1, T, Cx, Hx, Wx]. */
    static FloatTensor episode(Kanerva kanerva, TestEpisodes episodes, int index) {
        return tensor(kanerva, episodes.episode(index), episodes.length());
    }

    /** Images as one row, [1, count, Cx, Hx, Wx]. */
    static FloatTensor tensor(Kanerva kanerva, float[] values, int count) {
        Planes image = kanerva.bundle().settings().image();
        return new FloatTensor(values, 1, count, image.channels(), image.height(), image.width());
    }

    /** All images of a tensor [1, N, Cx, Hx, Wx]. */
    static Pictures pictures(FloatTensor images) {
        return new Pictures(
                images.data(),
                images.dimension(0) * images.dimension(1),
                images.dimension(2),
                images.dimension(3),
                images.dimension(4));
    }

    /**
     * The keys at the middle of where each sample of an episode is found: its pointers, or without slots the encoder's
     * own, [1, T, K, 3].
     */
    static FloatTensor keys(Kanerva kanerva, FloatTensor episode, Memory memory) {
        return kanerva.bundle().settings().writer() == ModelSettings.Writer.HEAP
                ? memory.pointers()
                : kanerva.encode(episode).keyMean();
    }

    /** Mean squared difference of two rows of images, a number a pixel. */
    static double meanSquaredError(float[] images, float[] originals) {
        double sum = 0;
        for (int i = 0; i < images.length; i++) {
            double difference = (double) images[i] - originals[i];
            sum += difference * difference;
        }
        return sum / images.length;
    }
}
