package io.kanerva.runtime;

import java.util.List;

/**
 * The result of reading queries iteratively.
 *
 * @param lookups where each iteration's queries were found, in order; never empty
 * @param steps what each iteration found there, as it reads back: the pixels' means in [0, 1] (for black and white
 *     their probabilities), [B, Q, Cx, Hx, Wx]; the next iteration's queries
 */
public record Recall(List<Lookup> lookups, List<FloatTensor> steps) {

    public Recall {
        lookups = List.copyOf(lookups);
        steps = List.copyOf(steps);
    }

    /** The last iteration's images: the pixels' means in [0, 1], [B, Q, Cx, Hx, Wx]. */
    public FloatTensor images() {
        return steps.get(steps.size() - 1);
    }
}
