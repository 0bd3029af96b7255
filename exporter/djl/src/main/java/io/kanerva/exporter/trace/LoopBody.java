package io.kanerva.exporter.trace;

import java.util.List;
import java.util.stream.Stream;

/**
 * What a loop in one recording runs; the attribute {@code body} of a step {@code loop}.
 *
 * @param states the number of values that an iteration hands on to the next: the first inputs and the first outputs of
 *     each tape; the other inputs are values from outside
 * @param finals the number of outputs after the states of which the last iteration's value is a result of the loop; of
 *     those that follow, all iterations' values are
 * @param iterations one tape per iteration
 */
record LoopBody(int states, int finals, List<Tape> iterations) {
    /** Whether all iterations of both loops have the same operations on the same values. */
    boolean isLike(LoopBody other) {
        Tape first = iterations.get(0);
        return states == other.states
                && finals == other.finals
                && Stream.concat(iterations.stream(), other.iterations.stream())
                        .allMatch(tape -> AlikeTapes.firstDifference(first.steps(), tape.steps()) < 0
                                && ids(first.outputs()).equals(ids(tape.outputs())));
    }

    private static List<Integer> ids(List<TapeValue> values) {
        return values.stream().map(TapeValue::id).toList();
    }
}
