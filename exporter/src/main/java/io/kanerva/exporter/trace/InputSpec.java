package io.kanerva.exporter.trace;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Map;

/**
 * A model input: its name, element type and shape.
 *
 * @param name the tensor's name in the model
 * @param type FLOAT32, INT32, INT64 or BOOLEAN
 * @param shape its dimensions, fixed or named
 */
public record InputSpec(String name, DataType type, List<Dimension> shape) {
    public InputSpec {
        shape = List.copyOf(shape);
        if (name.isBlank()) {
            throw new IllegalArgumentException("an input needs a name");
        }
        if (type != DataType.FLOAT32 && type != DataType.INT32 && type != DataType.INT64 && type != DataType.BOOLEAN) {
            throw new IllegalArgumentException("input " + name + ": expected float32, int32, int64 or boolean, found " + type);
        }
    }

    public static InputSpec of(String name, DataType type, Dimension... shape) {
        return new InputSpec(name, type, List.of(shape));
    }

    /** The shape at given sizes of the named dimensions. */
    public Shape shapeAt(Map<String, Long> sizes) {
        return new Shape(shape.stream().mapToLong(d -> d.isNamed() ? sizes.get(d.name()) : d.size()).toArray());
    }

    List<Size> sizes() {
        return shape.stream().map(Dimension::toSize).toList();
    }
}
