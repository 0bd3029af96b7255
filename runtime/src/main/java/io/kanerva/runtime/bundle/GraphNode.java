package io.kanerva.runtime.bundle;

import java.util.List;
import java.util.Map;

/**
 * One node of a graph.
 *
 * @param operator its operator, such as {@code Conv}
 * @param inputs the names of its inputs; empty for one that is left out
 * @param outputs the names of its outputs
 * @param integers its attributes that are integers, alone or in a list
 * @param texts its attributes that are text
 * @param value the tensor of a Constant; else null
 */
record GraphNode(
        String operator,
        List<String> inputs,
        List<String> outputs,
        Map<String, long[]> integers,
        Map<String, String> texts,
        GraphValue value) {

    /** An attribute of nodes that hold graphs, which no operator of a bundle does. */
    static final String HOLDS_GRAPHS = "holds graphs";

    long integer(String attribute, long absent) {
        long[] found = integers.get(attribute);
        return found == null || found.length == 0 ? absent : found[0];
    }

    long[] integers(String attribute, long... absent) {
        return integers.getOrDefault(attribute, absent);
    }

    /** Such as {@code the Conv that makes 'features'}. */
    @Override
    public String toString() {
        return "the " + operator + " that makes '" + (outputs.isEmpty() ? "" : outputs.get(0)) + "'";
    }
}
