package io.kanerva.exporter.trace.size;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * A whole number at several sizes of the dynamic dimensions.
 *
 * @param sizes different ones
 * @param values one per size
 */
public record Samples(List<Map<String, Long>> sizes, long[] values) {
    public Samples {
        sizes = List.copyOf(sizes);
    }

    int count() {
        return values.length;
    }

    /** Whether an expression has these values. */
    boolean fit(Size size) {
        return size.isKnown() && IntStream.range(0, count()).allMatch(i -> values[i] == at(size, i));
    }

    private long at(Size size, int i) {
        try {
            return size.at(sizes.get(i));
        } catch (ArithmeticException e) {
            // A divisor is 0 here: there is no value, which no sample has.
            return Long.MIN_VALUE;
        }
    }

    /** Another expression's values at these sizes. */
    Samples of(Size size) {
        return new Samples(
                sizes, IntStream.range(0, count()).mapToLong(i -> at(size, i)).toArray());
    }

    /** The values less those of an expression. */
    Samples minus(Size size) {
        long[] others = of(size).values;
        return new Samples(
                sizes,
                IntStream.range(0, count())
                        .mapToLong(i -> values[i] - others[i])
                        .toArray());
    }

    /** Those whose index fulfils a condition. */
    Samples where(IntPredicate condition) {
        int[] kept = IntStream.range(0, count()).filter(condition).toArray();
        return new Samples(
                Arrays.stream(kept).mapToObj(sizes::get).toList(),
                Arrays.stream(kept).mapToLong(i -> values[i]).toArray());
    }

    /** The number of different values. */
    long different() {
        return Arrays.stream(values).distinct().count();
    }

    long smallest() {
        return Arrays.stream(values).min().orElseThrow();
    }

    long largest() {
        return Arrays.stream(values).max().orElseThrow();
    }
}
