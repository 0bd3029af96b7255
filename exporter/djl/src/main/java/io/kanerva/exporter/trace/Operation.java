package io.kanerva.exporter.trace;

import io.kanerva.exporter.trace.block.CallSite;
import io.kanerva.exporter.trace.size.RealSize;
import io.kanerva.exporter.trace.size.Size;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One operation of a {@link Program}, named as in DJL.
 *
 * @param name DJL's name of the operation, for example {@code reshape}; {@code composite}, {@code number},
 *     {@code constantOfSize} and {@code loop} (see {@link LoopProgram}) have no counterpart in DJL
 * @param inputs the values that it reads; null for an absent optional input
 * @param attributes integers as {@link Size}, lists of them as lists of {@link Size}, real numbers that depend on
 *     dynamic dimensions as {@link RealSize}, others unchanged
 * @param outputs the values that it computes
 * @param site the line that called it
 */
public record Operation(
        String name, List<Operand> inputs, Map<String, Object> attributes, List<Operand> outputs, CallSite site) {

    public Operation {
        attributes.keySet().forEach(attribute -> require(name, attribute));
    }

    /** Checks that lowerings and tables use the same names: neither may have a name that the other lacks. */
    private static void require(String operation, String attribute) {
        Set<String> known = RecordedMethods.attributes(operation);
        if (!known.contains(attribute)) {
            throw new IllegalArgumentException(
                    "%s: expected one of the arguments %s, found '%s'".formatted(operation, known, attribute));
        }
    }

    /**
     * An argument by its name in the tables of recorded methods; null if this call has none with that name.
     *
     * @throws IllegalArgumentException if no method that is recorded as this operation has such an argument
     */
    public Object get(String attribute) {
        require(name, attribute);
        return attributes.get(attribute);
    }

    /** Whether the shape of the result depends on the values of the inputs. */
    public boolean isSelecting() {
        return Selection.isBy(name, attributes);
    }

    Operation with(List<Operand> others) {
        return new Operation(name, inputs, attributes, others, site);
    }

    public boolean has(String attribute) {
        return get(attribute) != null;
    }

    /**
     * An integer that may depend on dynamic dimensions.
     *
     * @throws UnsupportedOperationException if it is computed from them in steps with fractions
     */
    public Size size(String attribute) {
        return whole(attribute, get(attribute));
    }

    private Size whole(String attribute, Object value) {
        if (value instanceof RealSize.Whole whole) {
            return whole.size();
        }
        if (value instanceof RealSize) {
            throw new UnsupportedOperationException(
                    attribute + " must be a sum, product, quotient, minimum or maximum of sizes, found " + value);
        }
        return (Size) value;
    }

    /** A list of integers that may depend on dynamic dimensions. */
    public List<Size> sizes(String attribute) {
        List<?> values = (List<?>) get(attribute);
        return values == null
                ? null
                : values.stream().map(value -> whole(attribute, value)).toList();
    }

    /** An integer, which must not depend on a dynamic dimension. */
    public long number(String attribute) {
        return fixed(attribute, size(attribute));
    }

    /** A list of integers, which must not depend on a dynamic dimension. */
    public long[] numbers(String attribute) {
        return sizes(attribute).stream()
                .mapToLong(size -> fixed(attribute, size))
                .toArray();
    }

    private long fixed(String attribute, Size size) {
        if (!size.isFixed()) {
            throw new UnsupportedOperationException(
                    attribute + " must not depend on a dynamic dimension, found " + size);
        }
        return size.value();
    }

    /** A number, which must not depend on a dynamic dimension. */
    public double real(String attribute) {
        Object value = get(attribute);
        if (value instanceof RealSize) {
            throw new UnsupportedOperationException(
                    attribute + " must not depend on a dynamic dimension, found " + value);
        }
        return value instanceof Size size ? fixed(attribute, size) : (Double) value;
    }

    public boolean flag(String attribute) {
        return (Boolean) get(attribute);
    }

    /** An attribute of any other type. */
    public <T> T get(String attribute, Class<T> type) {
        return type.cast(get(attribute));
    }

    public Operand input() {
        return inputs.get(0);
    }

    public Operand output() {
        return outputs.get(0);
    }
}
