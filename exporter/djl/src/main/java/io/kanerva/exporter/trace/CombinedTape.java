package io.kanerva.exporter.trace;

import java.util.List;
import java.util.Map;

/**
 * A tape with its program.
 *
 * @param tape at the first sizes that were traced
 * @param operations one for each of its steps, with expressions for what differs at other sizes
 * @param numbers operations that stand for a constant, by the id of its value
 * @param bodies the loops among the steps, by position
 */
record CombinedTape(
        Tape tape, List<Operation> operations, Map<Integer, Operation> numbers, Map<Integer, CombinedTape> bodies) {}
