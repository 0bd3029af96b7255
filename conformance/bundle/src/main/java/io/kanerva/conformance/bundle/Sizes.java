package io.kanerva.conformance.bundle;

import io.kanerva.runtime.ModelSettings;
import io.kanerva.runtime.TensorDescription;
import java.util.List;

/**
 * Sizes of the dynamic dimensions in one case.
 *
 * @param b episodes
 * @param t written samples
 * @param q reads
 */
record Sizes(int b, int t, int q) {
    /** Graphs are traced at sizes from 2 to 24, so these were never traced in at least one dimension each. */
    private static final int NEVER_TRACED = 25;

    /** Where graphs are held against their blocks: the least, the most that fits a memory, and some between. */
    static List<Sizes> cases(ModelSettings settings) {
        int most = settings.capacity() == Integer.MAX_VALUE ? NEVER_TRACED + 7 : settings.capacity();
        return List.of(
                new Sizes(1, 1, 1),
                new Sizes(2, Math.min(most, NEVER_TRACED + 2), NEVER_TRACED + 4),
                new Sizes(NEVER_TRACED, Math.min(most, 2), 3),
                new Sizes(1, most, NEVER_TRACED));
    }

    /** A tensor's shape at these sizes. */
    long[] shape(TensorDescription tensor) {
        return tensor.shape().stream()
                .mapToLong(dimension -> switch (dimension) {
                    case "B" -> b;
                    case "T" -> t;
                    case "Q" -> q;
                    default -> Long.parseLong(dimension);
                })
                .toArray();
    }

    @Override
    public String toString() {
        return "B=" + b + " T=" + t + " Q=" + q;
    }
}
