package io.kanerva.conformance.check;

import java.util.List;
import java.util.stream.Stream;

/**
 * What follows from the outputs of all runtimes together.
 *
 * @param kind what is suspected
 * @param culprits names of engines or runtimes; for {@link Kind#UNDECIDED} those that disagree, if they are two; for
 *     {@link Kind#VECTORS} those that take the model for what the vectors do
 * @param graph the model
 * @param inputs labels of the cases that show it
 * @param sentence for example {@code 8 of 9 runtimes (3 engines) agree with each other and not with the expected output
 *     'y' at [1]: suspect the vectors}
 */
public record Cause(Kind kind, List<String> culprits, String graph, List<String> inputs, String sentence) {

    /** What is suspected. */
    public enum Kind {
        /** The expected outputs: engines that share no code agree on others. */
        VECTORS,
        /** An engine, in every language. */
        ENGINE,
        /** An engine's graph optimisations: without them it agrees. */
        OPTIMISER,
        /** One language's binding or our adapter for it: the same engine agrees elsewhere. */
        RUNTIME,
        /** There are too few engines to tell. */
        UNDECIDED
    }

    public Cause {
        culprits = List.copyOf(culprits);
        inputs = List.copyOf(inputs);
    }

    /** Whether this says more about the same graph than the other, whose engines disagree without a majority. */
    boolean decides(Cause other) {
        return other.kind == Kind.UNDECIDED
                && kind != Kind.UNDECIDED
                && graph.equals(other.graph)
                && !culprits.isEmpty()
                && other.culprits.containsAll(culprits);
    }

    /** The same, shown by further inputs. */
    Cause shownBy(List<String> further) {
        return new Cause(
                kind,
                culprits,
                graph,
                Stream.concat(inputs.stream(), further.stream()).toList(),
                sentence);
    }

    /** The graph, its inputs and the sentence. */
    public String describe() {
        int more = inputs.size() - 1;
        return "graph '%s' (%s%s): %s"
                .formatted(graph, inputs.get(0), more == 0 ? "" : " and %d more".formatted(more), sentence);
    }
}
