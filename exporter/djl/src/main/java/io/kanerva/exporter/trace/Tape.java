package io.kanerva.exporter.trace;

import java.util.List;

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
}
