package io.kanerva.exporter.onnx;

import io.kanerva.exporter.trace.size.Size;
import io.kanerva.onnx.ElementType;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A value of a graph under construction.
 *
 * @param name unique in the graph
 * @param type element type; null for an intermediate value of a lowering
 * @param shape sizes that may depend on dynamic dimensions; null for an intermediate value of a lowering
 */
public record Value(String name, ElementType type, List<Size> shape) {
    /** An absent optional input. */
    public static final Value ABSENT = new Value("", null, null);

    Value renamed(UnaryOperator<String> names) {
        return new Value(names.apply(name), type, shape);
    }

    /**
     * The number of dimensions.
     *
     * @throws IllegalStateException for an intermediate value, whose shape is unknown
     */
    public int rank() {
        if (shape == null) {
            throw new IllegalStateException("the shape of the intermediate value " + name + " is not known");
        }
        return shape.size();
    }
}
