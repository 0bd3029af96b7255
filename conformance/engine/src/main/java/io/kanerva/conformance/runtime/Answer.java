package io.kanerva.conformance.runtime;

import io.kanerva.onnx.Tensor;
import java.util.List;

/** A runtime's answer to a {@link Job}. */
public sealed interface Answer {

    /** @param outputs all of the graph's, in its order */
    record Outputs(List<Tensor> outputs) implements Answer {
        public Outputs {
            outputs = List.copyOf(outputs);
        }

        /** The output of an index; null if there is none. */
        public Tensor output(int index) {
            return index < outputs.size() ? outputs.get(index) : null;
        }
    }

    /**
     * There are no outputs.
     *
     * @param crashed whether the process died, rather than refuse
     * @param why the runtime's message, one line
     */
    record None(boolean crashed, String why) implements Answer {
        /** The end of a sentence that begins with the runtime. */
        public String describe() {
            return (crashed ? "crashed: " : "refuses: ") + why;
        }
    }
}
