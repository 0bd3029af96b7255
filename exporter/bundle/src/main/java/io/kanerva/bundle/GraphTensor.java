package io.kanerva.bundle;

import ai.djl.ndarray.types.DataType;
import io.kanerva.exporter.trace.Dimension;
import io.kanerva.exporter.trace.InputSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * An input or output of a graph; always float32.
 *
 * @param name in the graph
 * @param shape B, T and Q are named, the others are fixed sizes
 * @param meaning description of the content
 * @param range description or interval of its values
 */
record GraphTensor(String name, List<Dimension> shape, String meaning, String range) {
    static final String TYPE = "float32";

    GraphTensor {
        shape = List.copyOf(shape);
    }

    /** @param dimensions names (String) and sizes (Integer) */
    static GraphTensor of(String name, String meaning, String range, Object... dimensions) {
        List<Dimension> shape = new ArrayList<>();
        for (Object dimension : dimensions) {
            shape.add(
                    dimension instanceof String named ? Dimension.named(named) : Dimension.fixed((Integer) dimension));
        }
        return new GraphTensor(name, shape, meaning, range);
    }

    InputSpec asInput() {
        return new InputSpec(name, DataType.FLOAT32, shape);
    }

    /** For example {@code [B, T, 1, 28, 28]}. */
    String shapeText() {
        return shape.stream().map(Dimension::toString).collect(Collectors.joining(", ", "[", "]"));
    }
}
