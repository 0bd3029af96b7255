package io.kanerva.runtime.session;

import static io.kanerva.runtime.BundleGraph.*;

import io.kanerva.runtime.BundleGraph;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

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
    /** Draws latents in the graph, in float32. */
    GENERATE_FUSED,
    BOUND;

    private final String label = name().toLowerCase(Locale.ROOT).replace('_', ' ');

    /** The call's name in messages and events, such as {@code look up}. */
    String label() {
        return label;
    }

    /** The graphs, in order; the fused ones where the bundle has them. */
    List<BundleGraph> graphs(Sessions sessions) {
        return switch (this) {
            case ENCODE, ENCODE_CONTENT -> List.of(ENCODER);
            case WRITE ->
                sessions.has(ENCODER_MEMORY_WRITER) ? List.of(ENCODER_MEMORY_WRITER) : List.of(ENCODER, MEMORY_WRITER);
            case WRITE_CONTENT -> List.of(MEMORY_WRITER);
            case LOOK_UP -> List.of();
            case RECALL -> sessions.has(READER_DECODER) ? List.of(READER_DECODER) : List.of(READER, DECODER);
            case READ -> List.of(READER);
            case DECODE -> List.of(DECODER);
            case GENERATE -> List.of(READER, DECODER);
            case GENERATE_FUSED -> List.of(READER_DECODER);
            case BOUND -> joined(WRITE.graphs(sessions), List.of(READER, DECODER));
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
            case RECALL -> sessions.has(READER_DECODER) ? List.of(LOGITS) : List.of(PRIOR_MEAN, LOGITS);
            case READ -> READER.outputs();
            case DECODE, GENERATE_FUSED -> List.of(LOGITS);
            case GENERATE -> List.of(PRIOR_MEAN, PRIOR_LOG_VARIANCE, LOGITS);
            case BOUND -> joined(ENCODER_MEMORY_WRITER.outputs(), READER_DECODER.outputs());
        };
    }

    /** Whether it makes memories of as many samples as it counts. */
    boolean writes() {
        return this == WRITE || this == WRITE_CONTENT || this == BOUND;
    }

    private static <T> List<T> joined(List<T> first, List<T> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }
}
