package io.kanerva.runtime;

import java.util.List;

/**
 * What queries were turned into by repeated reading.
 *
 * @param steps one entry an iteration, in order; never empty
 */
public record Recall(List<Step> steps) {

    /**
     * One iteration.
     *
     * @param lookup where this iteration's queries were found
     * @param images what was read there and decoded, the pixels' means in [0, 1] (for black and white their
     *     probabilities), [B, Q, Cx, Hx, Wx]; the next iteration's queries
     */
    public record Step(Lookup lookup, FloatTensor images) {}

    public Recall {
        steps = List.copyOf(steps);
    }

    /** The last iteration's images: the pixels' means in [0, 1], [B, Q, Cx, Hx, Wx]. */
    public FloatTensor images() {
        return steps.get(steps.size() - 1).images();
    }

    /** The lookup of each iteration, in order. */
    public List<Lookup> lookups() {
        return steps.stream().map(Step::lookup).toList();
    }
}
