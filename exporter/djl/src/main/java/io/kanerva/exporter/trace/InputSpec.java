package io.kanerva.exporter.trace;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.kanerva.exporter.trace.size.Size;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A model input: its name, element type and shape.
 *
 * @param name the tensor's name in the model
 * @param type FLOAT32, FLOAT64, FLOAT16, INT8, UINT8, INT32, INT64 or BOOLEAN
 * @param shape its dimensions, fixed or dynamic
 */
public record InputSpec(String name, DataType type, List<Dimension> shape) {
    /** The element types of a model's inputs and outputs. */
    public static final List<DataType> TYPES = List.of(
            DataType.FLOAT32,
            DataType.FLOAT64,
            DataType.FLOAT16,
            DataType.INT8,
            DataType.UINT8,
            DataType.INT32,
            DataType.INT64,
            DataType.BOOLEAN);

    private static final Pattern TEXT = Pattern.compile("(.+?):\\s*(\\w+)\\s*\\[(.*)\\]");

    public InputSpec {
        shape = List.copyOf(shape);
        if (name.isBlank()) {
            throw new IllegalArgumentException("an input needs a name");
        }
        if (!TYPES.contains(type)) {
            throw new IllegalArgumentException("input " + name + ": expected one of " + TYPES + ", found " + type);
        }
    }

    public static InputSpec of(String name, DataType type, Dimension... shape) {
        return new InputSpec(name, type, List.of(shape));
    }

    /**
     * Parses {@code images:float32[N,3,8*h,8*w]}: a size is a number, a dynamic dimension's name, or a sum of products
     * of them, which relates sizes to each other or says what they are multiples of.
     *
     * @throws IllegalArgumentException naming what was expected and found
     */
    public static InputSpec parse(String text) {
        Matcher match = TEXT.matcher(text.strip());
        if (!match.matches()) {
            throw new IllegalArgumentException(
                    "expected NAME:TYPE[SIZE,...] such as images:float32[N,3,224,224], found '" + text + "'");
        }
        DataType type = Arrays.stream(DataType.values())
                .filter(t -> t.name().equalsIgnoreCase(match.group(2)))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("expected the type of input " + match.group(1)
                        + " to be one of " + TYPES + ", found '" + match.group(2) + "'"));
        List<Dimension> shape = match.group(3).isBlank()
                ? List.of()
                : Arrays.stream(match.group(3).split(",", -1))
                        .map(String::strip)
                        .map(Dimension::parse)
                        .toList();
        return new InputSpec(match.group(1).strip(), type, shape);
    }

    /** The shape for given sizes of the names in it. */
    public Shape shapeAt(Map<String, Long> sizes) {
        return new Shape(shape.stream().mapToLong(d -> d.at(sizes)).toArray());
    }

    /** The same input where a dynamic dimension is another size. */
    InputSpec with(String dimension, Size size) {
        return new InputSpec(
                name,
                type,
                shape.stream()
                        .map(d -> new Dimension(d.expression().with(dimension, size)))
                        .toList());
    }

    /** The names of its dynamic dimensions, possibly repeated. */
    Stream<String> names() {
        return sizes().stream().flatMap(Size::dimensions);
    }

    List<Size> sizes() {
        return shape.stream().map(Dimension::expression).toList();
    }
}
