package io.kanerva.conformance.runtime;

import io.kanerva.onnx.Tensor;
import java.util.List;

/** What a runtime made of a {@link Job}. */
public sealed interface Answer {

    /** @param outputs all of the graph's, in its order */
    record Outputs(List<Tensor> outputs) implements Answer {
        public Outputs {
            outputs = List.copyOf(outputs);
        }
    }

    /**
     * There are no outputs.
     *
     * @param crashed whether the process died over it, instead of saying no
     * @param why in the runtime's words, one line
     */
    record None(boolean crashed, String why) implements Answer {}
}
