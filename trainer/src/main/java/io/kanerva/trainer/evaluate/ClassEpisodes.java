package io.kanerva.trainer.evaluate;

import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.Images;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * A test set split into episodes of pairs: an image to write and one of the same class to hold out. Each image is in at
 * most one pair; an incomplete last episode is dropped.
 */
public final class ClassEpisodes {
    private final Images images;
    private final Binarisation binarisation;
    private final int length;
    private final List<int[]> pairs = new ArrayList<>();

    /**
     * @param binarisation any but {@link Binarisation#DYNAMIC}, so that scores are reproducible
     * @param length T, the number of images written, and of those held out
     * @param seed of the pairs and their order
     * @throws IllegalArgumentException if the set has no labels or too few pairs for one episode, or the binarisation
     *     is dynamic
     */
    public ClassEpisodes(Images images, Binarisation binarisation, int length, long seed) {
        binarisation.requireRepeatable();
        this.images = images;
        this.binarisation = binarisation;
        this.length = length;
        Random random = new Random(seed);
        for (List<Integer> members : images.classes().values()) {
            Collections.shuffle(members, random);
            for (int i = 0; i + 1 < members.size(); i += 2) {
                pairs.add(new int[] {members.get(i), members.get(i + 1)});
            }
        }
        Collections.shuffle(pairs, random);
        if (length < 1 || pairs.size() < length) {
            throw new IllegalArgumentException(
                    "episode length (T): expected 1 to %d, the number of same-class pairs in '%s', found %d"
                            .formatted(pairs.size(), images.name(), length));
        }
    }

    /** Number of episodes. */
    public int count() {
        return pairs.size() / length;
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

    /** Returns the first {@code max} of these episodes, or all if there are fewer. */
    public ClassEpisodes first(int max) {
        ClassEpisodes part = new ClassEpisodes(this);
        part.pairs.addAll(pairs.subList(0, Math.min(count(), max) * length));
        return part;
    }

    private ClassEpisodes(ClassEpisodes all) {
        images = all.images;
        binarisation = all.binarisation;
        length = all.length;
    }

    /** Returns the images that an episode writes, [T, Cx, Hx, Wx]. */
    public float[] written(int episode) {
        return copies(episode, 0);
    }

    /** Returns for each written image another of its class, [T, Cx, Hx, Wx]. */
    public float[] heldOut(int episode) {
        return copies(episode, 1);
    }

    /** The index in the set of a pair's written (0) or held-out (1) image. */
    int imageIndex(int episode, int sample, int which) {
        return pairs.get(episode * length + sample)[which];
    }

    private float[] copies(int episode, int which) {
        return binarisation.copies(
                images,
                IntStream.range(0, length)
                        .map(sample -> imageIndex(episode, sample, which))
                        .toArray());
    }
}
