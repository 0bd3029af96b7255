package io.kanerva.exporter.trace;

import io.kanerva.exporter.trace.size.Size;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.util.List;

/**
 * A value of a {@link Program}.
 *
 * @param id unique in the program
 * @param name the input's or the parameter's name; empty for others
 * @param type element type
 * @param shape sizes that may depend on dynamic dimensions
 * @param constant the value of a parameter (a view of the block's array) or constant; null for inputs and results
 */
public record Operand(int id, String name, ElementType type, List<Size> shape, Tensor constant) {
    public Operand {
        shape = List.copyOf(shape);
    }

    public boolean isConstant() {
        return constant != null;
    }

    public int rank() {
        return shape.size();
    }

    /** The number of elements, if it is fixed; -1 otherwise. */
    long fixedElements() {
        return shape.stream().allMatch(Size::isFixed)
                ? shape.stream().mapToLong(Size::value).reduce(1, (a, b) -> a * b)
                : -1;
    }
}
