package io.kanerva.conformance.check;

import java.util.Arrays;

/**
 * How long a runtime takes for one run of a case, on one thread, as it measures itself: without loading the model, and
 * without reading and writing files.
 *
 * @param runtime its name
 * @param optimised whether graph optimisations were on
 * @param graph the model
 * @param inputs the case's label
 * @param runs the number of runs after the first, which is not counted
 * @param milliseconds their median; NaN if the runtime does not tell
 * @param agrees whether all outputs of the case that it gave are within their tolerances
 */
public record Latency(
        String runtime, boolean optimised, String graph, String inputs, int runs, double milliseconds, boolean agrees) {

    /** The median of numbers of which those that are NaN do not count; NaN if none is left. */
    static double median(double... numbers) {
        double[] sorted = Arrays.stream(numbers)
                .filter(one -> !Double.isNaN(one))
                .sorted()
                .toArray();
        int middle = sorted.length / 2;
        return sorted.length == 0
                ? Double.NaN
                : sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
