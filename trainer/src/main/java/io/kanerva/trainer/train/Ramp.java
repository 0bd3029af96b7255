package io.kanerva.trainer.train;

/**
 * A weight that starts at {@code start}, rises linearly between two points of the run, and is 1 from then on.
 *
 * @param start weight at the beginning, 0 to 1
 * @param from fraction of the run, 0 to 1, at which the rise begins
 * @param to fraction of the run, at least {@code from} and at most 1, at which it ends
 */
public record Ramp(double start, double from, double to) {
    /** No schedule: 1 throughout. */
    public static final Ramp NONE = new Ramp(1, 0, 0);

    /** @throws IllegalArgumentException if a number is out of its range */
    public Ramp {
        if (!(start >= 0 && start <= 1 && from >= 0 && from <= to && to <= 1)) {
            throw new IllegalArgumentException(
                    "a weight's schedule needs 0 <= start <= 1 and 0 <= from <= to <= 1, found start %s, from %s, to %s"
                            .formatted(start, from, to));
        }
    }

    /** The weight after the fraction {@code done} of the run, 0 to 1. */
    public double at(double done) {
        if (done >= to) {
            return 1;
        }
        return done <= from ? start : start + (1 - start) * (done - from) / (to - from);
    }
}
