package io.kanerva.conformance.check;

import java.util.function.Consumer;

/**
 * A way to write a node out as nodes that can be read in one way only.
 *
 * @param words what the node is taken for; empty if this is what its opset means
 */
record Way(String words, Consumer<WrittenOut> write) {
    /** The node as it is, which ONNX Runtime is known to compute as it is meant. */
    static final Way ITSELF = new Way("", WrittenOut::unchanged);

    /** Words of the way that gives NaN wherever a formula may overflow. */
    static final String OVERFLOWS = "as a formula that overflows";
}
