package io.kanerva.tools.experiment;

import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.evaluate.TestEpisodes;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Euclidean distances between images with intensities in [0, 1]. */
public final class ImageDistance {
    private ImageDistance() {}

    /**
     * Returns the distance between image {@code i} of {@code a} and image {@code j} of {@code b}, of {@code size}
     * values.
     */
    public static double between(float[] a, int i, float[] b, int j, int size) {
        double sum = 0;
        for (int k = 0; k < size; k++) {
            double difference = (double) a[i * size + k] - b[j * size + k];
            sum += difference * difference;
        }
        return Math.sqrt(sum);
    }

    /** Returns which of the {@code count} images of {@code set} is nearest to image {@code i} of {@code images}. */
    public static int nearest(float[] images, int i, float[] set, int count, int size) {
        int nearest = 0;
        double min = Double.POSITIVE_INFINITY;
        for (int j = 0; j < count; j++) {
            double distance = between(images, i, set, j, size);
            if (distance < min) {
                min = distance;
                nearest = j;
            }
        }
        return nearest;
    }

    /**
     * Returns the mean distance between two images of the same class, over random pairs of a test set.
     *
     * @param pairs number of pairs
     * @throws IllegalArgumentException if the set has no labels, or no class has two images
     */
    public static double withinClass(TestEpisodes episodes, int pairs, long seed) {
        Images images = episodes.images();
        List<List<Integer>> classes = images.classes().values().stream()
                .filter(members -> members.size() > 1)
                .toList();
        if (classes.isEmpty()) {
            throw new IllegalArgumentException(
                    "'%s': expected a class with two images, found none".formatted(images.name()));
        }
        // Draws classes in proportion to their number of images.
        List<List<Integer>> perImage = new ArrayList<>();
        classes.forEach(members -> members.forEach(member -> perImage.add(members)));
        SplittableRandom random = new SplittableRandom(seed);
        int size = images.pixelsPerImage();
        double sum = 0;
        for (int n = 0; n < pairs; n++) {
            List<Integer> members = perImage.get(random.nextInt(perImage.size()));
            int first = random.nextInt(members.size());
            int second = (first + 1 + random.nextInt(members.size() - 1)) % members.size();
            float[] pair = episodes.binarisation().copies(images, members.get(first), members.get(second));
            sum += between(pair, 0, pair, 1, size);
        }
        return sum / pairs;
    }
}
