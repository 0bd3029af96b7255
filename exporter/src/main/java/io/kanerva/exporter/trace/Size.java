package io.kanerva.exporter.trace;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A whole number that may depend on dynamic dimensions: a sum of products such as {@code 4*B*T + 1}.
 *
 * <p>Each dimension occurs at most once in a product (the expression is multilinear). A size of a shape that is no such
 * expression, for example the halves of an odd dynamic height, is {@linkplain #unknown() unknown}.
 */
public final class Size {
    private static final Comparator<List<String>> ORDER = Comparator.<List<String>>comparingInt(List::size).reversed()
            .thenComparing(names -> String.join("*", names));
    private static final Size UNKNOWN = new Size(null);

    /** Coefficient of each product of dimensions; the empty product is the constant. Null if unknown. */
    private final SortedMap<List<String>, Long> terms;

    private Size(SortedMap<List<String>, Long> terms) {
        this.terms = terms;
    }

    /** The number itself. */
    public static Size fixed(long value) {
        return of(value == 0 ? Map.of() : Map.of(List.of(), value));
    }

    /** The size of a dynamic dimension. */
    public static Size named(String dimension) {
        return of(Map.of(List.of(dimension), 1L));
    }

    /** A size that no expression is known for. */
    public static Size unknown() {
        return UNKNOWN;
    }

    private static Size of(Map<List<String>, Long> terms) {
        SortedMap<List<String>, Long> sorted = new TreeMap<>(ORDER);
        sorted.putAll(terms);
        sorted.values().removeIf(coefficient -> coefficient == 0);
        return new Size(Collections.unmodifiableSortedMap(sorted));
    }

    public boolean isKnown() {
        return terms != null;
    }

    /** Whether this is a number that does not depend on any dynamic dimension. */
    public boolean isFixed() {
        return isKnown() && terms.keySet().stream().allMatch(List::isEmpty);
    }

    /** Whether this is exactly this number. */
    public boolean is(long value) {
        return isFixed() && value() == value;
    }

    /**
     * The number.
     *
     * @throws IllegalStateException if it depends on a dynamic dimension
     */
    public long value() {
        if (!isFixed()) {
            throw new IllegalStateException("expected a fixed size, found " + this);
        }
        return terms.getOrDefault(List.<String>of(), 0L);
    }

    /** The products with their coefficients, longest first; the constant, if any, comes last with an empty product. */
    public SortedMap<List<String>, Long> terms() {
        if (!isKnown()) {
            throw new IllegalStateException("the size is unknown");
        }
        return terms;
    }

    /** The value at given sizes of the dynamic dimensions. */
    public long at(Map<String, Long> sizes) {
        long sum = 0;
        for (Map.Entry<List<String>, Long> term : terms().entrySet()) {
            long product = term.getValue();
            for (String name : term.getKey()) {
                product *= sizes.get(name);
            }
            sum += product;
        }
        return sum;
    }

    /**
     * The multilinear expression through the values seen at the corners of a box.
     *
     * @param dimensions the dynamic dimensions, d of them
     * @param low their sizes at the lower end
     * @param high their sizes at the upper end
     * @param values 2^d values; bit i of the index says whether dimension i has its high size
     * @return the expression, or unknown if its coefficients are not whole numbers
     */
    static Size through(List<String> dimensions, Map<String, Long> low, Map<String, Long> high, long[] values) {
        if (dimensions.isEmpty()) {
            return fixed(values[0]);
        }
        int last = dimensions.size() - 1;
        String dimension = dimensions.get(last);
        int half = values.length / 2;
        List<String> others = dimensions.subList(0, last);
        Size atLow = through(others, low, high, Arrays.copyOfRange(values, 0, half));
        Size atHigh = through(others, low, high, Arrays.copyOfRange(values, half, values.length));
        if (!atLow.isKnown() || !atHigh.isKnown()) {
            return UNKNOWN;
        }
        long gap = high.get(dimension) - low.get(dimension);
        Map<List<String>, Long> slope = new TreeMap<>(ORDER);
        atHigh.terms.forEach((product, c) -> slope.merge(product, c, Long::sum));
        atLow.terms.forEach((product, c) -> slope.merge(product, -c, Long::sum));
        if (slope.values().stream().anyMatch(c -> c % gap != 0)) {
            return UNKNOWN;
        }
        Map<List<String>, Long> sum = new TreeMap<>(ORDER);
        sum.putAll(atLow.terms);
        slope.forEach((product, c) -> {
            List<String> longer = new ArrayList<>(product);
            longer.add(dimension);
            sum.merge(product, -c / gap * low.get(dimension), Long::sum);
            sum.merge(List.copyOf(longer), c / gap, Long::sum);
        });
        return of(sum);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Size size && isKnown() && size.isKnown() && terms.equals(size.terms);
    }

    @Override
    public int hashCode() {
        return Objects.hashCode(terms);
    }

    /** The expression without blanks, for example {@code B*T} or {@code 4*T+1}; {@code ?} if unknown. */
    @Override
    public String toString() {
        if (!isKnown()) {
            return "?";
        }
        return isFixed() ? Long.toString(value()) : terms.entrySet().stream().map(term -> {
            String product = String.join("*", term.getKey());
            if (product.isEmpty()) {
                return Long.toString(term.getValue());
            }
            return term.getValue() == 1 ? product : term.getValue() + "*" + product;
        }).collect(Collectors.joining("+")).replace("+-", "-");
    }
}
