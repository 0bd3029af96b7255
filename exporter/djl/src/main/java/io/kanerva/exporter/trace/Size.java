package io.kanerva.exporter.trace;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * An integer that may depend on dynamic dimensions: a sum of products such as {@code 4*B*T + T*T + 1}, whose factors
 * are dimensions or strided dimensions, {@code floor((H+1)/2)}. Other expressions are {@linkplain #unknown() unknown}.
 */
public final class Size {
    private static final Comparator<List<SizeFactor>> ORDER =
            Comparator.<List<SizeFactor>>comparingInt(List::size).reversed().thenComparing(Size::text);
    /** Two expressions are compared up to this size of a dimension. */
    private static final long MAX_COMPARED = 4096;

    private static final Size UNKNOWN = new Size(null);

    /** Coefficient of each product of sorted factors; the empty product is the constant. Null if unknown. */
    private final SortedMap<List<SizeFactor>, Long> terms;

    private Size(SortedMap<List<SizeFactor>, Long> terms) {
        this.terms = terms;
    }

    /** A fixed number. */
    public static Size fixed(long value) {
        return of(value == 0 ? Map.of() : Map.of(List.of(), value));
    }

    /** The size of a dynamic dimension. */
    public static Size named(String dimension) {
        return of(SizeFactor.of(dimension));
    }

    /** The size of a dynamic or strided dimension. */
    public static Size of(SizeFactor factor) {
        return of(Map.of(List.of(factor), 1L));
    }

    /** A size without a known expression. */
    public static Size unknown() {
        return UNKNOWN;
    }

    private static Size of(Map<List<SizeFactor>, Long> terms) {
        SortedMap<List<SizeFactor>, Long> sorted = new TreeMap<>(ORDER);
        sorted.putAll(terms);
        sorted.values().removeIf(coefficient -> coefficient == 0);
        return new Size(Collections.unmodifiableSortedMap(sorted));
    }

    public boolean isKnown() {
        return terms != null;
    }

    /** Whether this is independent of all dynamic dimensions. */
    public boolean isFixed() {
        return isKnown() && terms.keySet().stream().allMatch(List::isEmpty);
    }

    /** Whether this is fixed and equals a value. */
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
        return terms.getOrDefault(List.<SizeFactor>of(), 0L);
    }

    /** The products with their coefficients, longest first; the constant, if any, comes last with an empty product. */
    public SortedMap<List<SizeFactor>, Long> terms() {
        if (!isKnown()) {
            throw new IllegalStateException("the size is unknown");
        }
        return terms;
    }

    /** The value for given sizes of the dynamic dimensions. */
    public long at(Map<String, Long> sizes) {
        long sum = 0;
        for (Map.Entry<List<SizeFactor>, Long> term : terms().entrySet()) {
            long product = term.getValue();
            for (SizeFactor factor : term.getKey()) {
                product *= factor.at(sizes);
            }
            sum += product;
        }
        return sum;
    }

    /** Whether a factor is a strided dimension. */
    public boolean hasStrides() {
        return isKnown() && terms.keySet().stream().flatMap(List::stream).anyMatch(factor -> !factor.isDimension());
    }

    /** The sum; unknown if one of the two is. */
    public Size plus(Size other) {
        return isKnown() && other.isKnown() ? of(sum(terms, 1, other.terms, 1)) : UNKNOWN;
    }

    public Size plus(long number) {
        return plus(fixed(number));
    }

    /** The product; unknown if one of the two is. */
    public Size times(Size other) {
        if (!isKnown() || !other.isKnown()) {
            return UNKNOWN;
        }
        Map<List<SizeFactor>, Long> product = new TreeMap<>(ORDER);
        terms.forEach((a, c) -> other.terms.forEach((b, d) -> product.merge(joined(a, b), c * d, Long::sum)));
        return of(product);
    }

    public Size times(long number) {
        return times(fixed(number));
    }

    private static List<SizeFactor> joined(List<SizeFactor> a, List<SizeFactor> b) {
        return Stream.concat(a.stream(), b.stream()).sorted().toList();
    }

    /**
     * The size divided by a number and rounded down: divisible terms are divided exactly, and at most one other term
     * becomes a strided factor.
     *
     * @return unknown if more than one term, or a product, is not divisible
     */
    public Size floorDivided(long divisor) {
        if (!isKnown() || divisor == 1) {
            return this;
        }
        Map<List<SizeFactor>, Long> whole = new TreeMap<>(ORDER);
        Map<List<SizeFactor>, Long> rest = new TreeMap<>(ORDER);
        terms.forEach((product, c) -> (c % divisor == 0 && !product.isEmpty() ? whole : rest).put(product, c));
        whole.replaceAll((product, c) -> c / divisor);
        long constant = rest.isEmpty() ? 0 : rest.getOrDefault(List.<SizeFactor>of(), 0L);
        rest.remove(List.<SizeFactor>of());
        if (rest.isEmpty()) {
            return of(whole).plus(Math.floorDiv(constant, divisor));
        }
        Map.Entry<List<SizeFactor>, Long> last = rest.entrySet().iterator().next();
        long c = last.getValue();
        if (rest.size() > 1 || last.getKey().size() > 1 || c < 0 || divisor % c != 0) {
            return UNKNOWN;
        }
        // floor((c F + k) / d) = floor((F + floor(k/c)) / (d/c)), as F is an integer.
        SizeFactor factor = last.getKey().get(0);
        long offset = factor.offset() + Math.floorDiv(constant, c) * factor.divisor();
        long steps = divisor / c * factor.divisor();
        return of(whole)
                .plus(of(new SizeFactor(factor.dimension(), Math.floorMod(offset, steps), steps)))
                .plus(Math.floorDiv(offset, steps));
    }

    /** The integer ratio of this size to another one, if it is the same for all dimensions; empty otherwise. */
    public OptionalLong timesLargerThan(Size other) {
        if (!isKnown() || !other.isKnown() || other.terms.isEmpty()) {
            return OptionalLong.empty();
        }
        long ratio = terms.getOrDefault(other.terms.firstKey(), 0L) / other.terms.get(other.terms.firstKey());
        return ratio > 0 && equals(other.times(ratio)) ? OptionalLong.of(ratio) : OptionalLong.empty();
    }

    /** Whether this is at least another size of the same dimension (or both are fixed), up to some thousands. */
    public boolean isNeverBelow(Size other) {
        if (!isKnown() || !other.isKnown()) {
            return false;
        }
        Set<String> dimensions = Stream.of(this, other)
                .flatMap(size -> size.terms.keySet().stream())
                .flatMap(List::stream)
                .map(SizeFactor::dimension)
                .collect(Collectors.toSet());
        return equals(other)
                || dimensions.size() < 2
                        && LongStream.rangeClosed(1, MAX_COMPARED).allMatch(n -> {
                            Map<String, Long> sizes =
                                    dimensions.stream().collect(Collectors.toMap(name -> name, name -> n));
                            return at(sizes) >= other.at(sizes);
                        });
    }

    /**
     * The expression that interpolates values on a grid of sizes, by Newton's divided differences.
     *
     * @param dimensions the dynamic dimensions, d of them
     * @param levels for each dimension n different sizes: 2 for an expression in which it occurs at most once in a
     *     product, 3 for at most twice
     * @param values n^d values; digit i (to the base n, lowest first) of the index is the level of dimension i
     * @return the expression, or unknown if its coefficients are not integers
     */
    static Size through(List<String> dimensions, Map<String, List<Long>> levels, long[] values) {
        if (dimensions.isEmpty()) {
            return fixed(values[0]);
        }
        int last = dimensions.size() - 1;
        String dimension = dimensions.get(last);
        List<Long> x = levels.get(dimension);
        int part = values.length / x.size();
        List<Map<List<SizeFactor>, Long>> f = new ArrayList<>();
        for (int i = 0; i < x.size(); i++) {
            Size at =
                    through(dimensions.subList(0, last), levels, Arrays.copyOfRange(values, i * part, (i + 1) * part));
            if (!at.isKnown()) {
                return UNKNOWN;
            }
            f.add(at.terms);
        }
        for (int order = 1; order < f.size(); order++) {
            for (int i = f.size() - 1; i >= order; i--) {
                Map<List<SizeFactor>, Long> slope = sum(f.get(i), 1, f.get(i - 1), -1);
                long gap = x.get(i) - x.get(i - order);
                if (slope.values().stream().anyMatch(c -> c % gap != 0)) {
                    return UNKNOWN;
                }
                slope.replaceAll((product, c) -> c / gap);
                f.set(i, slope);
            }
        }
        Map<List<SizeFactor>, Long> sum = Map.of();
        for (int i = f.size() - 1; i >= 0; i--) {
            sum = sum(sum(times(sum, dimension), 1, sum, -x.get(i)), 1, f.get(i), 1);
        }
        return of(sum);
    }

    private static Map<List<SizeFactor>, Long> times(Map<List<SizeFactor>, Long> terms, String dimension) {
        Map<List<SizeFactor>, Long> longer = new TreeMap<>(ORDER);
        terms.forEach((product, c) -> {
            longer.put(joined(product, List.of(SizeFactor.of(dimension))), c);
        });
        return longer;
    }

    private static Map<List<SizeFactor>, Long> sum(
            Map<List<SizeFactor>, Long> a, long factorA, Map<List<SizeFactor>, Long> b, long factorB) {
        Map<List<SizeFactor>, Long> sum = new TreeMap<>(ORDER);
        a.forEach((product, c) -> sum.merge(product, factorA * c, Long::sum));
        b.forEach((product, c) -> sum.merge(product, factorB * c, Long::sum));
        sum.values().removeIf(c -> c == 0);
        return sum;
    }

    private static String text(List<SizeFactor> product) {
        return product.stream().map(SizeFactor::toString).collect(Collectors.joining("*"));
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
        return isFixed()
                ? Long.toString(value())
                : terms.entrySet().stream()
                        .map(term -> {
                            String product = text(term.getKey());
                            if (product.isEmpty()) {
                                return Long.toString(term.getValue());
                            }
                            return term.getValue() == 1 ? product : term.getValue() + "*" + product;
                        })
                        .collect(Collectors.joining("+"))
                        .replace("+-", "-");
    }
}
