package io.kanerva.bench.inference;

import java.util.Arrays;
import java.util.Collection;

/** The median: the middle value, or the mean of the two middle ones. */
final class Median {
    private Median() {}

    /** @throws IllegalArgumentException if there are no values */
    static double of(Collection<? extends Number> values) {
        double[] sorted = values.stream().mapToDouble(Number::doubleValue).toArray();
        if (sorted.length == 0) {
            throw new IllegalArgumentException("expected at least one value, found none");
        }
        Arrays.sort(sorted);
        return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }
}
