package io.kanerva.runtime;

import java.util.Arrays;

/**
 * Where queries were found in a memory.
 *
 * <p>A memory is searched by content: each query finds one written sample, and its keys are that sample's pointers.
 *
 * @param samples for query q of memory b, at b * Q + q: the written sample that matches best, from 0 to T - 1
 * @param scores how well that sample matches, [B, Q], each in [-1, 1]
 * @param keys the keys to read with, [B, Q, K, 3]
 */
public record Lookup(int[] samples, FloatTensor scores, FloatTensor keys) {

    /** Equal samples, scores and keys. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Lookup that
                && Arrays.equals(samples, that.samples)
                && scores.equals(that.scores)
                && keys.equals(that.keys);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(samples) + keys.hashCode();
    }

    /** The samples and shapes: {@code Lookup[samples [3, 1], scores float32[1, 2], keys float32[1, 2, 1, 3]]}. */
    @Override
    public String toString() {
        return "Lookup[samples " + Arrays.toString(samples) + ", scores " + scores + ", keys " + keys + "]";
    }
}
