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
 * A whole number that may depend on dynamic dimensions: a sum of products such as {@code 4*B*T + T*T + 1}.
 *
 * <p>Each dimension occurs at most twice in a product. A size of a shape that is no such expression, for example the halves of
 * an odd dynamic height, is {@linkplain #unknown() unknown}.
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
     * The expression through the values seen on a grid of sizes, by Newton's divided differences.
     *
     * @param dimensions the dynamic dimensions, d of them
     * @param levels for each dimension n different sizes: 2 for an expression in which it occurs at most once in a product, 3
     *     for at most twice
     * @param values n^d values; digit i (to the base n, lowest first) of the index is the level of dimension i
     * @return the expression, or unknown if its coefficients are not whole numbers
     */
    static Size through(List<String> dimensions, Map<String, List<Long>> levels, long[] values) {
        if (dimensions.isEmpty()) {
            return fixed(values[0]);
        }
        int last = dimensions.size() - 1;
        String dimension = dimensions.get(last);
        List<Long> x = levels.get(dimension);
        int part = values.length / x.size();
        List<Map<List<String>, Long>> f = new ArrayList<>();
        for (int i = 0; i < x.size(); i++) {
            Size at = through(dimensions.subList(0, last), levels, Arrays.copyOfRange(values, i * part, (i + 1) * part));
            if (!at.isKnown()) {
                return UNKNOWN;
            }
            f.add(at.terms);
        }
        for (int order = 1; order < f.size(); order++) {
            for (int i = f.size() - 1; i >= order; i--) {
                Map<List<String>, Long> slope = sum(f.get(i), 1, f.get(i - 1), -1);
                long gap = x.get(i) - x.get(i - order);
                if (slope.values().stream().anyMatch(c -> c % gap != 0)) {
                    return UNKNOWN;
                }
                slope.replaceAll((product, c) -> c / gap);
                f.set(i, slope);
            }
        }
        Map<List<String>, Long> sum = Map.of();
        for (int i = f.size() - 1; i >= 0; i--) {
            sum = sum(sum(times(sum, dimension), 1, sum, -x.get(i)), 1, f.get(i), 1);
        }
        return of(sum);
    }

    private static Map<List<String>, Long> times(Map<List<String>, Long> terms, String dimension) {
        Map<List<String>, Long> longer = new TreeMap<>(ORDER);
        terms.forEach((product, c) -> {
            List<String> names = new ArrayList<>(product);
            names.add(dimension);
            longer.put(List.copyOf(names), c);
        });
        return longer;
    }

    private static Map<List<String>, Long> sum(Map<List<String>, Long> a, long factorA, Map<List<String>, Long> b, long factorB) {
        Map<List<String>, Long> sum = new TreeMap<>(ORDER);
        a.forEach((product, c) -> sum.merge(product, factorA * c, Long::sum));
        b.forEach((product, c) -> sum.merge(product, factorB * c, Long::sum));
        sum.values().removeIf(c -> c == 0);
        return sum;
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
