package io.kanerva.trainer.train;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** How the learning rate changes over a run, after the warm-up; the plan's is its largest. */
public enum Schedule {
    /** Half a cosine, down to nearly 0. */
    COSINE,
    /** A straight line, down to nearly 0. */
    LINEAR,
    /** Stays as it is. */
    CONSTANT,
    /** Rises by the same factor in each step, from a millionth: finds a rate, see {@link RateFinder}. */
    RISING;

    private static final double FIRST = 1e-6;

    /**
     * The share of the plan's learning rate.
     *
     * @param step from 0
     * @param steps in the whole run
     */
    double at(int step, int steps) {
        return switch (this) {
            case COSINE -> 0.5 * (1 + Math.cos(Math.PI * step / steps));
            case LINEAR -> 1 - step / (double) steps;
            case CONSTANT -> 1;
            case RISING -> Math.pow(FIRST, 1 - (step + 1) / (double) steps);
        };
    }

    /** The name in lower case, as in {@code plan.json}. */
    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
