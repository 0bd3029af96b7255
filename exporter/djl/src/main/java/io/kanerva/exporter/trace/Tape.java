package io.kanerva.exporter.trace;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The operations of one recording, or of one iteration of a loop in it.
 *
 * @param values all values, by their id
 * @param steps in the order in which they ran
 * @param outputs the results
 */
record Tape(List<TapeValue> values, List<Step> steps, List<TapeValue> outputs) {
    /** The values of inputs, in order. */
    List<TapeValue> inputs() {
        return values.stream()
                .filter(value -> value.kind() == TapeValue.Kind.INPUT)
                .toList();
    }

    /** The first step that is not the same in a recording of the same inputs, with its line; empty if there is none. */
    Optional<String> difference(Tape again) {
        int other = TapeComparison.firstDifference(steps, again.steps);
        for (int i = 0; i < steps.size() && i != other; i++) {
            if (!numbers(steps.get(i)).equals(numbers(again.steps.get(i)))) {
                other = i;
            }
        }
        if (other < 0) {
            return Optional.empty();
        }
        Step step = other < steps.size() ? steps.get(other) : again.steps.get(other);
        return Optional.of(step.operation() + " " + step.site());
    }

    /** A step's arguments, and the constants that it reads. */
    private static List<Object> numbers(Step step) {
        List<Object> numbers = new ArrayList<>();
        step.attributes().values().forEach(value -> numbers.add(Arrays.deepToString(new Object[] {value})));
        step.inputs().stream()
                .filter(input -> input != null && input.kind() == TapeValue.Kind.CONSTANT)
                .forEach(input -> numbers.add(DjlTensors.copyOf(input.array())));
        return numbers;
    }
}
