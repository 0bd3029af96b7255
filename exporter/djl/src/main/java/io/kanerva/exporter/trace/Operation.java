package io.kanerva.exporter.trace;

import java.util.List;
import java.util.Map;

/**
 * One operation of a {@link Program}, named as in DJL.
 *
 * @param name DJL's name of the operation, for example {@code reshape}; {@code composite} and {@code number} are our
 *     own
 * @param inputs what it reads; null for an absent optional input
 * @param attributes whole numbers as {@link Size}, lists of them as lists of {@link Size}, others as they were given
 * @param outputs what it makes
 * @param site the line that called it
 */
public record Operation(
        String name, List<Operand> inputs, Map<String, Object> attributes, List<Operand> outputs, CallSite site) {

    public boolean has(String attribute) {
        return attributes.get(attribute) != null;
    }

    /** A whole number that may depend on dynamic dimensions. */
    public Size size(String attribute) {
        return (Size) attributes.get(attribute);
    }

    /** A list of whole numbers that may depend on dynamic dimensions. */
    @SuppressWarnings("unchecked")
    public List<Size> sizes(String attribute) {
        return (List<Size>) attributes.get(attribute);
    }

    /** A whole number, which must not depend on a dynamic dimension. */
    public long number(String attribute) {
        return fixed(attribute, size(attribute));
    }

    /** A list of whole numbers, which must not depend on a dynamic dimension. */
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
        Object value = attributes.get(attribute);
        return value instanceof Size size ? fixed(attribute, size) : (Double) value;
    }

    public boolean flag(String attribute) {
        return (Boolean) attributes.get(attribute);
    }

    /** An attribute of any other type. */
    public <T> T get(String attribute, Class<T> type) {
        return type.cast(attributes.get(attribute));
    }

    public Operand input() {
        return inputs.get(0);
    }

    public Operand output() {
        return outputs.get(0);
    }
}
