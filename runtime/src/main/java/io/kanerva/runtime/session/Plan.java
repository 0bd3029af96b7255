package io.kanerva.runtime.session;

import static io.kanerva.runtime.BundleGraph.*;

import io.kanerva.runtime.BundleGraph;
import java.util.List;
import java.util.Locale;

/**
 * The graphs of one kind of call, in order, on tensors shared by name: a graph reads earlier outputs without a copy.
 */
enum Plan {
    ENCODE,
    WRITE,
    /** The first half of extending a memory. */
    ENCODE_CONTENT,
    /** The second half. */
    WRITE_CONTENT,
    LOOK_UP,
    RECALL,
    READ,
    DECODE,
    GENERATE,
    BOUND;

    private final String label = name().toLowerCase(Locale.ROOT).replace('_', ' ');

    /** The call's name in messages and events, such as {@code look up}. */
    String label() {
        return label;
    }

    /** The graphs, in order; one that is the whole call where the bundle has it. */
    List<BundleGraph> graphs(Sessions sessions) {
        return switch (this) {
            case ENCODE, ENCODE_CONTENT -> List.of(ENCODER);
            case WRITE ->
                sessions.has(BundleGraph.WRITE) ? List.of(BundleGraph.WRITE) : List.of(ENCODER, MEMORY_WRITER);
            case WRITE_CONTENT -> List.of(MEMORY_WRITER);
            case LOOK_UP -> List.of();
            case RECALL -> sessions.has(INDEX) ? List.of(INDEX) : List.of(READER, DECODER);
            case READ -> List.of(READER);
            case DECODE -> List.of(DECODER);
            case GENERATE ->
                sessions.has(BundleGraph.GENERATE) ? List.of(BundleGraph.GENERATE) : List.of(READER, DECODER);
            case BOUND -> REQUIRED;
        };
    }

    /** The outputs that the call needs, besides the inputs of later graphs. */
    List<String> outputs(Sessions sessions) {
        return switch (this) {
            case ENCODE -> ENCODER.outputs();
            case WRITE -> List.of(MEMORY, POINTERS);
            case ENCODE_CONTENT -> List.of(CONTENT);
            case WRITE_CONTENT -> MEMORY_WRITER.outputs();
            case LOOK_UP -> List.of();
            case RECALL -> sessions.has(INDEX) ? List.of(CONTENTS) : List.of(PRIOR_MEAN, LOGITS);
            case READ -> READER.outputs();
            case DECODE -> List.of(LOGITS);
            case GENERATE ->
                sessions.has(BundleGraph.GENERATE)
                        ? List.of(GENERATED)
                        : List.of(PRIOR_MEAN, PRIOR_LOG_VARIANCE, LOGITS);
            case BOUND ->
                REQUIRED.stream().flatMap(graph -> graph.outputs().stream()).toList();
        };
    }

    /** Whether it makes memories of as many samples as it counts. */
    boolean writes() {
        return this == WRITE || this == WRITE_CONTENT || this == BOUND;
    }
}
