package io.kanerva.exporter.trace.size;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * An integer that may depend on dynamic dimensions: a sum of products such as {@code 4*B*T + T*T + 1}, whose factors
 * are dimensions, or quotients such as {@code floor((H+1)/2)}, {@code min(T,4)} and other {@linkplain SizeFactor
 * functions} of sizes. Other expressions are {@linkplain #unknown() unknown}.
 */
public final class Size {
    private static final Comparator<List<SizeFactor>> ORDER = Size::compare;
    /** Two expressions are compared up to this size of a dimension. */
    private static final long MAX_COMPARED = 4096;

    private static final Size UNKNOWN = new Size(null);

    /** Coefficient of each product of sorted factors; the empty product is the constant. Null if unknown. */
    private final SortedMap<List<SizeFactor>, Long> terms;

    /** The same as arrays, once a value was asked for: searches compute values at thousands of sizes. */
    private Products products;

    private record Products(long[] coefficients, SizeFactor[][] factors) {
        static Products of(SortedMap<List<SizeFactor>, Long> terms) {
            long[] coefficients = new long[terms.size()];
            SizeFactor[][] factors = new SizeFactor[terms.size()][];
            int i = 0;
            for (Map.Entry<List<SizeFactor>, Long> term : terms.entrySet()) {
                coefficients[i] = term.getValue();
                factors[i++] = term.getKey().toArray(new SizeFactor[0]);
            }
            return new Products(coefficients, factors);
        }
    }

    /** {@link #toString}, once it was asked for. The order of products compares texts, again and again. */
    private String text;

    private Size(SortedMap<List<SizeFactor>, Long> terms) {
        this.terms = terms;
    }

    /** A fixed number. */
    public static Size fixed(long value) {
        return of(value == 0 ? Map.of() : Map.of(List.of(), value));
    }

    /** The size of a dynamic dimension. */
    public static Size named(String dimension) {
        return of(new SizeFactor.Named(dimension));
    }

    /** A product of one factor. */
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
        if (products == null) {
            products = Products.of(terms());
        }
        long sum = 0;
        for (int i = 0; i < products.factors.length; i++) {
            long product = products.coefficients[i];
            for (SizeFactor factor : products.factors[i]) {
                product *= factor.at(sizes);
            }
            sum += product;
        }
        return sum;
    }

    /** The size where a dimension has a given size; unknown if a factor is not a dimension. */
    public Size with(String dimension, long value) {
        return with(dimension, fixed(value));
    }

    /** The size where a dimension is another size; unknown if a factor is not a dimension. */
    public Size with(String dimension, Size value) {
        if (!isKnown() || hasStrides()) {
            return isFixed() ? this : UNKNOWN;
        }
        Size sum = fixed(0);
        for (Map.Entry<List<SizeFactor>, Long> term : terms.entrySet()) {
            Size product = fixed(term.getValue());
            for (SizeFactor factor : term.getKey()) {
                boolean isDimension = factor.equals(new SizeFactor.Named(dimension));
                product = product.times(isDimension ? value : of(factor));
            }
            sum = sum.plus(product);
        }
        return sum;
    }

    /** Whether a factor is not a dimension, but a quotient, for example. */
    public boolean hasStrides() {
        return isKnown()
                && terms.keySet().stream()
                        .flatMap(List::stream)
                        .anyMatch(factor -> !(factor instanceof SizeFactor.Named));
    }

    /** The sum; unknown if one of the two is. */
    public Size plus(Size other) {
        if (!isKnown() || !other.isKnown()) {
            return UNKNOWN;
        }
        Map<List<SizeFactor>, Long> sum = new TreeMap<>(terms);
        other.terms.forEach((product, c) -> sum.merge(product, c, Long::sum));
        return of(sum);
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

    /** The size divided by a number other than 0 and rounded down. */
    public Size floorDivided(long divisor) {
        if (!isKnown() || divisor == 1) {
            return this;
        }
        if (divisor < 0) {
            return times(-1).floorDivided(-divisor);
        }
        // floor((d q + r) / d) = q + floor(r / d). Coefficients from 0 to d - 1 remain, so that ONNX's Div can be used,
        // which rounds towards 0; others where the sum is never negative all the same.
        boolean keepsSigns = isNeverNegative();
        Map<List<SizeFactor>, Long> whole = new TreeMap<>(ORDER);
        Map<List<SizeFactor>, Long> rest = new TreeMap<>(ORDER);
        terms.forEach((product, c) -> {
            long remainder = keepsSigns && !product.isEmpty() ? c % divisor : Math.floorMod(c, divisor);
            whole.put(product, (c - remainder) / divisor);
            rest.put(product, remainder);
        });
        long constant = rest.getOrDefault(List.<SizeFactor>of(), 0L);
        rest.remove(List.<SizeFactor>of());
        rest.values().removeIf(c -> c == 0);
        if (rest.isEmpty()) {
            return of(whole);
        }
        // floor((g R + k) / d) = floor((R + floor(k/g)) / (d/g)), as R is an integer.
        long common = rest.values().stream().reduce(divisor, Size::greatestCommonDivisor);
        rest.replaceAll((product, c) -> c / common);
        Size dividend = of(rest).plus(constant / common);
        long steps = divisor / common;
        List<SizeFactor> first = rest.keySet().iterator().next();
        boolean isNested = rest.size() == 1
                && first.size() == 1
                && rest.get(first) == 1
                && first.get(0) instanceof SizeFactor.Quotient inner
                && inner.isFloor()
                && inner.divisor().isFixed()
                && inner.divisor().value() > 0;
        if (isNested) {
            // floor((floor(X/m) + k) / n) = floor((X + k m) / (m n))
            SizeFactor.Quotient inner = (SizeFactor.Quotient) first.get(0);
            long stride = inner.divisor().value();
            return of(whole)
                    .plus(inner.dividend().plus(constant / common * stride).floorDivided(steps * stride));
        }
        return of(whole).plus(of(new SizeFactor.Quotient(dividend, fixed(steps), true)));
    }

    private static long greatestCommonDivisor(long a, long b) {
        return b == 0 ? Math.abs(a) : greatestCommonDivisor(b, a % b);
    }

    /** The size divided by another one and rounded down; where that is 0, there is no value. */
    public Size floorDivided(Size divisor) {
        if (divisor.isFixed() && !divisor.is(0)) {
            return floorDivided(divisor.value());
        }
        return isKnown() && divisor.isKnown() ? of(new SizeFactor.Quotient(this, divisor, true)) : UNKNOWN;
    }

    /** The size divided by another one and rounded towards 0, as in Java; where that is 0, there is no value. */
    public Size truncated(Size divisor) {
        if (!isKnown() || !divisor.isKnown()) {
            return UNKNOWN;
        }
        return divisor.is(1) || isNeverNegative() && divisor.isNeverNegative()
                ? floorDivided(divisor)
                : of(new SizeFactor.Quotient(this, divisor, false));
    }

    /** What remains of this size after division by another one, with that one's sign. */
    public Size mod(Size divisor) {
        return plus(divisor.times(floorDivided(divisor)).times(-1));
    }

    /** The smaller one of this and another size. */
    public Size min(Size other) {
        return extremum(other, false);
    }

    /** The larger one of this and another size. */
    public Size max(Size other) {
        return extremum(other, true);
    }

    private Size extremum(Size other, boolean isLarger) {
        if (!isKnown() || !other.isKnown()) {
            return UNKNOWN;
        }
        if (plus(other.times(-1)).isNeverNegative()) {
            return isLarger ? this : other;
        }
        if (other.plus(times(-1)).isNeverNegative()) {
            return isLarger ? other : this;
        }
        boolean isOrdered = !isFixed() && (other.isFixed() || toString().compareTo(other.toString()) < 0);
        return of(new SizeFactor.Extremum(isOrdered ? this : other, isOrdered ? other : this, isLarger));
    }

    /** Whether the size is at least 0 for all sizes of the dimensions, as far as that is easy to see. */
    public boolean isNeverNegative() {
        if (!isKnown()) {
            return false;
        }
        // A term with a negative coefficient is covered by the constants of D = 1 + (D - 1), as D is at least 1.
        Size shifted = fixed(0);
        for (Map.Entry<List<SizeFactor>, Long> term : terms.entrySet()) {
            Size product = fixed(term.getValue());
            for (SizeFactor factor : term.getKey()) {
                boolean isPositive = factor instanceof SizeFactor.Named named && named.smallest() > 0;
                product = product.times(isPositive ? of(factor).plus(1) : of(factor));
            }
            shifted = shifted.plus(product);
        }
        return shifted.terms.entrySet().stream()
                .allMatch(term -> term.getValue() > 0 && term.getKey().stream().allMatch(SizeFactor::isNeverNegative));
    }

    /** Whether the size does not become smaller as a dimension becomes larger, as far as that is easy to see. */
    public boolean isGrowing() {
        return isKnown()
                && terms.entrySet().stream()
                        .allMatch(term -> term.getKey().isEmpty()
                                || term.getValue() > 0
                                        && term.getKey().stream()
                                                .allMatch(factor -> factor.isGrowing() && factor.isNeverNegative()));
    }

    /** The names of the dynamic dimensions in it, possibly repeated. */
    public Stream<String> dimensions() {
        return terms().keySet().stream().flatMap(List::stream).flatMap(SizeFactor::dimensions);
    }

    /** What a power of a dimension is multiplied by: the products that have it so many times, without it. */
    public Size coefficient(String dimension, int power) {
        SizeFactor factor = new SizeFactor.Named(dimension);
        Map<List<SizeFactor>, Long> found = new TreeMap<>(ORDER);
        terms.forEach((product, c) -> {
            if (Collections.frequency(product, factor) == power) {
                found.merge(product.stream().filter(f -> !f.equals(factor)).toList(), c, Long::sum);
            }
        });
        return of(found);
    }

    /** This divided by a number; empty if a coefficient is not divisible. */
    private Optional<Size> dividedExactly(long divisor) {
        if (terms.values().stream().anyMatch(c -> c % divisor != 0)) {
            return Optional.empty();
        }
        Map<List<SizeFactor>, Long> quotient = new TreeMap<>(terms);
        quotient.replaceAll((product, c) -> c / divisor);
        return Optional.of(of(quotient));
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
        Set<String> dimensions = Stream.concat(dimensions(), other.dimensions()).collect(Collectors.toSet());
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
    public static Size through(List<String> dimensions, Map<String, List<Long>> levels, long[] values) {
        if (dimensions.isEmpty()) {
            return fixed(values[0]);
        }
        int last = dimensions.size() - 1;
        String dimension = dimensions.get(last);
        List<Long> x = levels.get(dimension);
        int part = values.length / x.size();
        List<Size> f = new ArrayList<>();
        for (int i = 0; i < x.size(); i++) {
            f.add(through(dimensions.subList(0, last), levels, Arrays.copyOfRange(values, i * part, (i + 1) * part)));
        }
        if (!f.stream().allMatch(Size::isKnown)) {
            return UNKNOWN;
        }
        for (int order = 1; order < f.size(); order++) {
            for (int i = f.size() - 1; i >= order; i--) {
                Optional<Size> slope =
                        f.get(i).plus(f.get(i - 1).times(-1)).dividedExactly(x.get(i) - x.get(i - order));
                if (slope.isEmpty()) {
                    return UNKNOWN;
                }
                f.set(i, slope.orElseThrow());
            }
        }
        Size sum = fixed(0);
        for (int i = f.size() - 1; i >= 0; i--) {
            sum = sum.times(named(dimension).plus(-x.get(i))).plus(f.get(i));
        }
        return sum;
    }

    /** Long products first, then by their texts. */
    private static int compare(List<SizeFactor> a, List<SizeFactor> b) {
        if (a.size() != b.size()) {
            return Integer.compare(b.size(), a.size());
        }
        return a.size() == 1 ? a.get(0).compareTo(b.get(0)) : text(a).compareTo(text(b));
    }

    private static String text(List<SizeFactor> product) {
        return product.stream().map(SizeFactor::toString).collect(Collectors.joining("*"));
    }

    /** The expression, in brackets if it is a sum or has a coefficient. */
    String inProduct() {
        boolean isFactor = isFixed() && value() >= 0
                || terms.size() == 1 && terms.firstKey().size() == 1 && terms.get(terms.firstKey()) == 1;
        return isFactor ? toString() : "(" + this + ")";
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
        if (text == null) {
            text = isKnown() ? expression() : "?";
        }
        return text;
    }

    private String expression() {
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
