package io.kanerva.conformance.runtime;

import io.kanerva.onnx.Tensor;
import java.util.List;

/** A runtime's answer to a {@link Job}. */
public sealed interface Answer {

    /** @param outputs all outputs of the graph, in its order */
    record Outputs(List<Tensor> outputs) implements Answer {
        public Outputs {
            outputs = List.copyOf(outputs);
        }

        /** The output at an index; null if there is none. */
        public Tensor output(int index) {
            return index < outputs.size() ? outputs.get(index) : null;
        }
    }

    /**
     * The runtime gave no outputs.
     *
     * @param crashed whether the process died; otherwise it rejected the job
     * @param why the runtime's message, one line
     */
    record None(boolean crashed, String why) implements Answer {
        /** The end of a sentence: {@code expected outputs, found ...}. */
        public String describe() {
            return (crashed ? "a crash: " : "an error: ") + why;
        }
    }
}
