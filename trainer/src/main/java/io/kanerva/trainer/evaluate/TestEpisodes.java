package io.kanerva.trainer.evaluate;

import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.Images;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A test set cut into episodes: shuffled once by a seed, then T images an episode, each image in one episode at most.
 * Images that do not fill a last episode are left out.
 */
public final class TestEpisodes {
    private final Images images;
    private final Binarisation binarisation;
    private final int length;
    private final List<Integer> order;

    /**
     * @param binarisation any but {@link Binarisation#DYNAMIC}, so that a score can be repeated
     * @param length T
     * @param seed of the order
     * @throws IllegalArgumentException if the set does not fill one episode, or binarisation is dynamic
     */
    public TestEpisodes(Images images, Binarisation binarisation, int length, long seed) {
        binarisation.requireRepeatable();
        if (length < 1 || images.count() < length) {
            throw new IllegalArgumentException("episode length (T): expected 1 to %d, the images of '%s', found %d"
                    .formatted(images.count(), images.name(), length));
        }
        this.images = images;
        this.binarisation = binarisation;
        this.length = length;
        order = IntStream.range(0, images.count()).boxed().collect(Collectors.toList());
        Collections.shuffle(order, new Random(seed));
    }

    private TestEpisodes(TestEpisodes all, int most) {
        images = all.images;
        binarisation = all.binarisation;
        length = all.length;
        order = all.order.subList(0, Math.min(all.count(), most) * length);
    }

    /**
     * The first so many of these episodes, or all if there are fewer: of the whole set's images, whatever order it is
     * in.
     */
    public TestEpisodes first(int most) {
        return new TestEpisodes(this, most);
    }

    /** Number of whole episodes. */
    public int count() {
        return order.size() / length;
    }

    /** T. */
    public int length() {
        return length;
    }

    /** The set that the episodes are cut from. */
    public Images images() {
        return images;
    }

    /** How the images were made binary. */
    public Binarisation binarisation() {
        return binarisation;
    }

    /**
     * One episode's images: [T, Cx, Hx, Wx] row-major, zeros and ones, or intensities for {@link Binarisation#NONE}.
     */
    public float[] episode(int index) {
        return binarisation.copies(
                images,
                IntStream.range(0, length)
                        .map(sample -> imageIndex(index, sample))
                        .toArray());
    }

    /** Which image of the set sample {@code sample} of an episode is. */
    public int imageIndex(int episode, int sample) {
        return order.get(episode * length + sample);
    }
}
