package io.kanerva.conformance;

import io.kanerva.exporter.trace.Tensor;
import java.util.Arrays;
import java.util.Locale;

/**
 * How far one path's output is from another's.
 *
 * @param output the tensor's name
 * @param count values compared
 * @param largest largest absolute difference; infinite if a value is not finite or the tensors cannot be compared
 * @param relative {@code largest} over the largest magnitude of what was expected; 0 if nothing differs
 * @param rootMeanSquare of the differences
 * @param at index of the largest difference, for example {@code [0, 3, 5]}
 * @param expected the reference's value there
 * @param found the other path's value there
 * @param budget largest absolute difference that is accepted
 * @param problem why the tensors cannot be compared, a part of a sentence; empty if they can
 */
public record Difference(String output, long count, double largest, double relative, double rootMeanSquare, String at,
        double expected, double found, double budget, String problem) {

    /** Compares float32 tensors within the output's own budget. */
    public static Difference between(String output, Tensor expected, Tensor found) {
        return between(output, expected, found, Budget.of(output));
    }

    /**
     * Compares float32 tensors.
     *
     * @param expected the reference
     * @param found null if the other path has no such output
     */
    public static Difference between(String output, Tensor expected, Tensor found, double budget) {
        if (found == null) {
            return incomparable(output, "expected " + expected + ", found no such output", budget);
        }
        if (!Arrays.equals(expected.shape(), found.shape()) || expected.type() != found.type()) {
            return incomparable(output, "expected " + expected + ", found " + found, budget);
        }
        float[] reference = expected.floats();
        float[] values = found.floats();
        int worst = 0;
        double largest = -1;
        double magnitude = 0;
        double squares = 0;
        for (int i = 0; i < values.length; i++) {
            double difference = Float.isFinite(values[i]) && Float.isFinite(reference[i])
                    ? Math.abs((double) values[i] - reference[i]) : Double.POSITIVE_INFINITY;
            magnitude = Math.max(magnitude, Math.abs(reference[i]));
            squares += difference * difference;
            if (difference > largest) {
                largest = difference;
                worst = i;
            }
        }
        double relative = largest == 0 ? 0 : largest / magnitude;
        return new Difference(output, values.length, largest, relative, Math.sqrt(squares / values.length), index(expected.shape(), worst),
                reference[worst], values[worst], budget, "");
    }

    private static Difference incomparable(String output, String problem, double budget) {
        double infinite = Double.POSITIVE_INFINITY;
        return new Difference(output, 0, infinite, infinite, infinite, "", Double.NaN, Double.NaN, budget, problem);
    }

    /** Whether the output keeps its budget. */
    public boolean within() {
        return largest <= budget;
    }

    /** What was found, as a sentence's end: {@code differs by 3.1e-02 at [0, 2]: expected 0.5, found 0.531 (budget 1e-05)}. */
    public String describe() {
        if (!problem.isEmpty()) {
            return "cannot be compared: " + problem;
        }
        return String.format(Locale.ROOT, "differs by %.2e at %s: expected %s, found %s (budget %.0e)", largest, at, (float) expected, (float) found, budget);
    }

    private static String index(long[] shape, int flat) {
        long[] index = new long[shape.length];
        long rest = flat;
        for (int axis = shape.length - 1; axis >= 0; axis--) {
            index[axis] = rest % shape[axis];
            rest /= shape[axis];
        }
        return Arrays.toString(index);
    }
}
