package io.kanerva.exporter.trace;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;

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

    /**
     * The first step that is not the same in a recording of the same inputs, or a constant output, with its line; empty
     * if there is none.
     */
    Optional<String> difference(Tape again) {
        int other = AlikeTapes.firstDifference(steps, again.steps);
        int first = IntStream.range(0, other < 0 ? steps.size() : other)
                .filter(i -> !hasSameNumbers(steps.get(i), again.steps.get(i)))
                .findFirst()
                .orElse(other);
        if (first >= 0) {
            Step step = first < steps.size() ? steps.get(first) : again.steps.get(first);
            return Optional.of(step.operation() + " " + step.site());
        }
        return IntStream.range(0, Math.min(outputs.size(), again.outputs.size()))
                .filter(i -> !hasSameNumbers(outputs.get(i), again.outputs.get(i)))
                .mapToObj(i -> "an output " + outputs.get(i).site())
                .findFirst();
    }

    /** Whether two steps of the same operation have the same arguments, and read the same constants. */
    private static boolean hasSameNumbers(Step a, Step b) {
        return a.attributes().keySet().equals(b.attributes().keySet())
                && a.attributes().keySet().stream()
                        .allMatch(name -> Objects.deepEquals(
                                a.attributes().get(name), b.attributes().get(name)))
                && IntStream.range(0, a.inputs().size())
                        .allMatch(i ->
                                hasSameNumbers(a.inputs().get(i), b.inputs().get(i)));
    }

    private static boolean hasSameNumbers(TapeValue a, TapeValue b) {
        if (a == null || a.kind() != TapeValue.Kind.CONSTANT || a.array() == b.array()) {
            return true;
        }
        return a.kind() == b.kind() && DjlTensors.viewOf(a.array()).equals(DjlTensors.viewOf(b.array()));
    }
}
