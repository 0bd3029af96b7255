package io.kanerva.onnx.reference;

import java.util.List;

/** Computes one operator. */
@FunctionalInterface
interface Kernel {
    /**
     * @param attributes the node's
     * @param inputs null for an absent optional input
     * @param outputs how many outputs the node has
     */
    List<Array> compute(Attributes attributes, List<Array> inputs, int outputs);

    /** A kernel with one output. */
    @FunctionalInterface
    interface Single {
        Array compute(Attributes attributes, List<Array> inputs);
    }

    static Kernel of(Single single) {
        return (attributes, inputs, outputs) -> List.of(single.compute(attributes, inputs));
    }

    /** An optional input. */
    static Array optional(List<Array> inputs, int index) {
        return index < inputs.size() ? inputs.get(index) : null;
    }
}
