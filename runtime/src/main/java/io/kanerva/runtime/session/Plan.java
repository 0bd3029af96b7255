package io.kanerva.runtime.session;

import static io.kanerva.runtime.BundleGraph.*;

import io.kanerva.runtime.BundleGraph;
import java.util.List;
import java.util.Locale;

/** The kinds of call, and parts of calls, each of which runs one graph at most. */
enum Plan {
    ENCODE(ENCODER),
    WRITE(BundleGraph.WRITE),
    /** The first half of extending a memory. */
    ENCODE_CONTENT(ENCODER, CONTENT),
    /** The second half. */
    WRITE_CONTENT(MEMORY_WRITER),
    /** Reads back what look-ups compare with. */
    INDEX(BundleGraph.INDEX, CONTENTS),
    LOOK_UP(null),
    RECALL(null),
    READ(READER),
    DECODE(DECODER),
    GENERATE(BundleGraph.GENERATE, GENERATED),
    BOUND(SCORE);

    private final String label = name().toLowerCase(Locale.ROOT).replace('_', ' ');
    private final BundleGraph graph;
    private final List<String> outputs;

    /** @param outputs those that the call needs; none are all */
    Plan(BundleGraph graph, String... outputs) {
        this.graph = graph;
        this.outputs = outputs.length > 0 || graph == null ? List.of(outputs) : graph.outputs();
    }

    /** The call's name in messages and events, such as {@code look up}. */
    String label() {
        return label;
    }

    /** The graph that it runs; null for a call that only compares. */
    BundleGraph graph() {
        return graph;
    }

    /** The outputs that the call needs. */
    List<String> outputs() {
        return outputs;
    }

    /** Whether it makes memories of as many samples as it counts. */
    boolean writes() {
        return this == WRITE || this == WRITE_CONTENT;
    }
}
