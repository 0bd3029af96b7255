package io.kanerva.trainer.evaluate;

import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.Images;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * A test set cut into episodes of pairs: sample t to be written, and one of the same class to be held out. Each image
 * is in one pair at most; pairs that do not fill a last episode are left out.
 */
public final class ClassEpisodes {
    private final Images images;
    private final Binarisation binarisation;
    private final int length;
    private final List<int[]> pairs = new ArrayList<>();

    /**
     * @param binarisation anything but {@link Binarisation#DYNAMIC}, so that a score can be repeated
     * @param length T, images written, and as many held out
     * @param seed of the pairs and their order
     * @throws IllegalArgumentException if the set has no labels, its pairs do not fill one episode, or binarisation is
     *     dynamic
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
                    "episode length (T): expected 1 to %d, the pairs of one class in '%s', found %d"
                            .formatted(pairs.size(), images.name(), length));
        }
    }

    /** Number of whole episodes. */
    public int count() {
        return pairs.size() / length;
    }

    /** T. */
    public int length() {
        return length;
    }

    /** The set that the episodes are cut from. */
    public Images images() {
        return images;
    }

    /** How the images were made binary, if they were. */
    public Binarisation binarisation() {
        return binarisation;
    }

    /** The first so many of these episodes, or all if there are fewer. */
    public ClassEpisodes first(int most) {
        ClassEpisodes part = new ClassEpisodes(this);
        part.pairs.addAll(pairs.subList(0, Math.min(count(), most) * length));
        return part;
    }

    private ClassEpisodes(ClassEpisodes all) {
        images = all.images;
        binarisation = all.binarisation;
        length = all.length;
    }

    /** The images that an episode writes, [T, Cx, Hx, Wx]. */
    public float[] written(int episode) {
        return copies(episode, 0);
    }

    /** For each written image another of its class, [T, Cx, Hx, Wx]. */
    public float[] heldOut(int episode) {
        return copies(episode, 1);
    }

    /** Which image of the set a pair's written (0) or held-out (1) one is. */
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
