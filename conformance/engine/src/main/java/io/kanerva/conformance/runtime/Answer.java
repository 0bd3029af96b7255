package io.kanerva.conformance.runtime;

import io.kanerva.onnx.Tensor;
import java.util.List;
import java.util.regex.Pattern;

/** A runtime's answer to a {@link Job}. */
public sealed interface Answer {

    /**
     * @param outputs all outputs of the graph, in its order; none of a job that is only timed
     * @param milliseconds what the engine itself took; NaN if the runtime does not tell
     */
    record Outputs(List<Tensor> outputs, double milliseconds) implements Answer {
        public Outputs {
            outputs = List.copyOf(outputs);
        }

        /** Outputs of a runtime that does not tell how long it took. */
        public Outputs(List<Tensor> outputs) {
            this(outputs, Double.NaN);
        }

        /** The output at an index; null if there is none. */
        public Tensor output(int index) {
            return index < outputs.size() ? outputs.get(index) : null;
        }
    }

    /**
     * The runtime gave no outputs.
     *
     * @param kind whose fault it is
     * @param why the runtime's message, one line
     */
    record None(Kind kind, String why) implements Answer {
        /** SIGINT and SIGTERM, as a shell counts them. */
        private static final Pattern SIGNALLED = Pattern.compile("ended with status (130|143):");

        /** The reason that there are no outputs. */
        public enum Kind {
            /** The engine rejects the model or its inputs with a message. */
            REFUSED,
            /** The engine's process died, or said nothing for a long time. */
            CRASHED,
            /**
             * The program between kpp and the engine cannot pass these inputs or outputs; the engine may be able to.
             */
            ADAPTER
        }

        /** @param crashed whether the process died; otherwise the engine rejected the job */
        public None(boolean crashed, String why) {
            this(crashed ? Kind.CRASHED : Kind.REFUSED, why);
        }

        /** Whether the process was interrupted or terminated from outside. */
        public boolean isBySignal() {
            return kind == Kind.CRASHED && SIGNALLED.matcher(why).find();
        }

        /** The end of a sentence: {@code expected outputs, found ...}. */
        public String describe() {
            return switch (kind) {
                        case REFUSED -> "an error: ";
                        case CRASHED -> "a crash: ";
                        case ADAPTER -> "a limit of our adapter: ";
                    }
                    + why;
        }
    }
}
