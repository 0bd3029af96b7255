package io.kanerva.trainer.evaluate;

import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.Images;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A test set shuffled by a seed and split into episodes of T images. Each image is in at most one; an incomplete last
 * episode is dropped.
 */
public final class TestEpisodes {
    private final Images images;
    private final Binarisation binarisation;
    private final int length;
    private final List<Integer> order;

    /**
     * @param binarisation any but {@link Binarisation#DYNAMIC}, so that scores are reproducible
     * @param length T
     * @param seed of the order
     * @throws IllegalArgumentException if the set is too small for one episode, or the binarisation is dynamic
     */
    public TestEpisodes(Images images, Binarisation binarisation, int length, long seed) {
        binarisation.requireRepeatable();
        if (length < 1 || images.count() < length) {
            throw new IllegalArgumentException(
                    ("episode length (T): expected 1 to %d, the number of images in '%s', found %d")
                            .formatted(images.count(), images.name(), length));
        }
        this.images = images;
        this.binarisation = binarisation;
        this.length = length;
        order = IntStream.range(0, images.count()).boxed().collect(Collectors.toList());
        Collections.shuffle(order, new Random(seed));
    }

    TestEpisodes(Images images, Binarisation binarisation, int length, List<Integer> order) {
        this.images = images;
        this.binarisation = binarisation;
        this.length = length;
        this.order = order;
    }

    /**
     * Episodes of a single class each: every class is shuffled and split by itself, then the episodes are shuffled.
     *
     * @throws IllegalArgumentException if the set has no labels or no class fills an episode, or the binarisation is
     *     dynamic
     */
    public static TestEpisodes ofOneClass(Images images, Binarisation binarisation, int length, long seed) {
        binarisation.requireRepeatable();
        Random random = new Random(seed);
        List<List<Integer>> episodes = new ArrayList<>();
        for (List<Integer> members : images.classes().values()) {
            Collections.shuffle(members, random);
            for (int end = length; length > 0 && end <= members.size(); end += length) {
                episodes.add(members.subList(end - length, end));
            }
        }
        if (episodes.isEmpty()) {
            throw new IllegalArgumentException(
                    "episode length (T): expected at least 1 and at most the images of a class in '%s', found %d"
                            .formatted(images.name(), length));
        }
        Collections.shuffle(episodes, random);
        return new TestEpisodes(
                images,
                binarisation,
                length,
                episodes.stream().flatMap(List::stream).toList());
    }

    /**
     * Returns the first {@code max} of these episodes, or all if there are fewer. They sample the whole set, whatever
     * its order.
     */
    public TestEpisodes first(int max) {
        return new TestEpisodes(images, binarisation, length, order.subList(0, Math.min(count(), max) * length));
    }

    /** Number of episodes. */
    public int count() {
        return order.size() / length;
    }

    /** T. */
    public int length() {
        return length;
    }

    /** The set that the episodes are drawn from. */
    public Images images() {
        return images;
    }

    /** The binarisation of the images. */
    public Binarisation binarisation() {
        return binarisation;
    }

    /** Returns an episode's images, [T, Cx, Hx, Wx]: zeros and ones, or intensities for {@link Binarisation#NONE}. */
    public float[] episode(int index) {
        return binarisation.copies(
                images,
                IntStream.range(0, length)
                        .map(sample -> imageIndex(index, sample))
                        .toArray());
    }

    /** The index in the set of sample {@code sample} of an episode. */
    public int imageIndex(int episode, int sample) {
        return order.get(episode * length + sample);
    }
}
