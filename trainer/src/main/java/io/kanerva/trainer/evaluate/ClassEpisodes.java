package io.kanerva.trainer.evaluate;

import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.Images;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * A test set split into episodes of pairs: an image to write and one of the same class to hold out. Each image is in at
 * most one pair; an incomplete last episode is dropped.
 */
public final class ClassEpisodes {
    private final TestEpisodes written;
    private final TestEpisodes heldOut;

    /**
     * @param binarisation any but {@link Binarisation#DYNAMIC}, so that scores are reproducible
     * @param length T, the number of images written, and of those held out
     * @param seed of the pairs and their order
     * @throws IllegalArgumentException if the set has no labels or too few pairs for one episode, or the binarisation
     *     is dynamic
     */
    public ClassEpisodes(Images images, Binarisation binarisation, int length, long seed) {
        binarisation.requireRepeatable();
        List<int[]> pairs = new ArrayList<>();
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
        written = half(images, binarisation, length, pairs, 0);
        heldOut = half(images, binarisation, length, pairs, 1);
    }

    private ClassEpisodes(TestEpisodes written, TestEpisodes heldOut) {
        this.written = written;
        this.heldOut = heldOut;
    }

    private static TestEpisodes half(
            Images images, Binarisation binarisation, int length, List<int[]> pairs, int which) {
        return new TestEpisodes(
                images,
                binarisation,
                length,
                pairs.stream().map(pair -> pair[which]).toList());
    }

    /** Number of episodes. */
    public int count() {
        return written.count();
    }

    /** T. */
    public int length() {
        return written.length();
    }

    /** The binarisation of the images. */
    public Binarisation binarisation() {
        return written.binarisation();
    }

    /** Returns the first {@code max} of these episodes, or all if there are fewer. */
    public ClassEpisodes first(int max) {
        return new ClassEpisodes(written.first(max), heldOut.first(max));
    }

    /** Returns the images that an episode writes, [T, Cx, Hx, Wx]. */
    public float[] written(int episode) {
        return written.episode(episode);
    }

    /** Returns for each written image another of its class, [T, Cx, Hx, Wx]. */
    public float[] heldOut(int episode) {
        return heldOut.episode(episode);
    }

    /** The index in the set of a pair's written (0) or held-out (1) image. */
    int imageIndex(int episode, int sample, int which) {
        return (which == 0 ? written : heldOut).imageIndex(episode, sample);
    }
}
