package io.kanerva.runtime.bundle;

import io.kanerva.runtime.bundle.ProtoMessage.MalformedException;
import java.util.List;

/** A node with what it takes. */
record NodeInputs(GraphNode node, List<GraphValue> inputs) {

    GraphValue in(int index) {
        if (!has(index)) {
            throw new MalformedException("an input " + index);
        }
        return inputs.get(index);
    }

    boolean has(int index) {
        return index < inputs.size() && inputs.get(index) != null;
    }

    /** The values of an integer input, which must be known. */
    long[] integers(int index) {
        long[] values = in(index).integers();
        if (values == null) {
            throw new MalformedException("sizes that follow from those of the graph's inputs");
        }
        return values;
    }

    int axis(String attribute, long absent, int rank) {
        return SizeRules.axis(node.integer(attribute, absent), rank);
    }

    GraphValue constant() {
        if (node.value() != null) {
            return node.value();
        }
        long[] list = node.integers().get("value_ints");
        long[] single = node.integers().get("value_int");
        return list != null ? GraphValue.integers(list) : new GraphValue(new long[0], single);
    }
}
