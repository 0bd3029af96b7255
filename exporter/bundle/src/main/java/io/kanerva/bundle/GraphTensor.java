package io.kanerva.bundle;

import ai.djl.ndarray.types.DataType;
import io.kanerva.exporter.trace.Dimension;
import io.kanerva.exporter.trace.InputSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * An input or output of a graph.
 *
 * @param name in the graph
 * @param type as bundle.json has it
 * @param shape B, T and Q are named, the others are fixed sizes
 * @param meaning description of the content
 * @param range description or interval of its values
 */
record GraphTensor(String name, String type, List<Dimension> shape, String meaning, String range) {
    /** The type of all but a few. */
    static final String TYPE = "float32";

    GraphTensor {
        shape = List.copyOf(shape);
    }

    /**
     * A float32 tensor.
     *
     * @param dimensions names (String) and sizes (Integer)
     */
    static GraphTensor of(String name, String meaning, String range, Object... dimensions) {
        List<Dimension> shape = new ArrayList<>();
        for (Object dimension : dimensions) {
            shape.add(
                    dimension instanceof String named ? Dimension.named(named) : Dimension.fixed((Integer) dimension));
        }
        return new GraphTensor(name, TYPE, shape, meaning, range);
    }

    /** The same of another type. */
    GraphTensor of(String type) {
        return new GraphTensor(name, type, shape, meaning, range);
    }

    InputSpec asInput() {
        return new InputSpec(name, DataType.FLOAT32, shape);
    }

    /** For example {@code [B, T, 1, 28, 28]}. */
    String shapeText() {
        return shape.stream().map(Dimension::toString).collect(Collectors.joining(", ", "[", "]"));
    }
}
