package io.kanerva.exporter.trace.size;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Expressions for a whole number, from its values at several sizes: polynomials with rational coefficients, rounded
 * quotients, rounded square roots and products with decimals, greatest common divisors, and the smaller or larger one
 * of two of these.
 *
 * <p>An expression must have each value exactly, and more values than it needs to be determined.
 */
public final class SizeSearch {
    /** Values that test an expression in addition to those that determine it. */
    private static final int MIN_TESTS = 3;

    private static final int MIN_SIZES = 6;
    private static final int MAX_BASES = 24;
    private static final int MAX_DIVISORS = 64;
    /** The largest number whose common divisors with a size are tried. */
    private static final long MAX_COMMON = 64;

    private static final int MAX_DIGITS = 4;
    private static final int MAX_FOUND = 8;
    private static final long[] DENOMINATORS = {1, 2, 3, 4, 5, 6, 8, 12, 16, 24};
    private static final long[] MULTIPLES = {1, 2, 3, 5, 7};
    private static final double CLOSE = 1e-6;

    private final List<Size> dimensions;
    /** The dimensions, other sizes of arrays, and products, sums and differences of two dimensions. */
    private final List<Size> bases;

    private final boolean isPolynomial;

    public SizeSearch(List<String> names, Collection<Size> others) {
        this(names, others, false);
    }

    /**
     * A search.
     *
     * @param isPolynomial whether to find polynomials with whole coefficients only, for values that no others will
     *     test: many quotients fit the same ones
     */
    public SizeSearch(List<String> names, Collection<Size> others, boolean isPolynomial) {
        this.isPolynomial = isPolynomial;
        dimensions = names.stream().map(Size::named).toList();
        Set<Size> all = new LinkedHashSet<>(dimensions);
        others.stream().limit(MAX_BASES).forEach(all::add);
        for (int i = 0; i < dimensions.size(); i++) {
            Size a = dimensions.get(i);
            for (Size b : dimensions.subList(i, dimensions.size())) {
                all.add(a.times(b));
                if (a != b) {
                    all.addAll(List.of(a.plus(b), a.plus(b.times(-1)), b.plus(a.times(-1))));
                }
            }
        }
        bases = List.copyOf(all);
    }

    List<Size> bases() {
        return bases;
    }

    /** The expressions that fit, shortest first; some of them may be equal elsewhere, too. */
    public List<Size> find(Samples samples) {
        Size polynomial = polynomial(samples, MIN_TESTS);
        if (isPolynomial) {
            return polynomial.isKnown() && !polynomial.hasStrides() ? List.of(polynomial) : List.of();
        }
        if (polynomial.isKnown()) {
            return List.of(polynomial);
        }
        Set<Size> found = new LinkedHashSet<>();
        List<Size> shifts = new ArrayList<>(List.of(Size.fixed(0)));
        dimensions.forEach(d -> shifts.addAll(List.of(d, d.times(-1))));
        for (Size shift : shifts) {
            Samples rest = samples.minus(shift);
            for (long multiple : MULTIPLES) {
                for (Size base : bases) {
                    quotients(base, multiple, rest).forEach(q -> add(found, q.plus(shift), samples));
                }
            }
        }
        found.addAll(rounded(samples, MIN_TESTS));
        found.addAll(commonDivisors(samples));
        found.addAll(extrema(samples, 2));
        return found.stream()
                .sorted(Comparator.comparingInt(size -> size.toString().length()))
                .limit(MAX_FOUND)
                .toList();
    }

    /** Expressions without a minimum or maximum, and without rare forms; if few are wanted, without rounded ones. */
    private Set<Size> inner(Samples samples, boolean isWide) {
        Size polynomial = polynomial(samples, 2);
        if (polynomial.isKnown()) {
            return Set.of(polynomial);
        }
        Set<Size> found = new LinkedHashSet<>();
        bases.forEach(base -> quotients(base, 1, samples).forEach(size -> add(found, size, samples)));
        if (isWide) {
            found.addAll(rounded(samples, 2));
        }
        return found;
    }

    private static void add(Set<Size> found, Size size, Samples samples) {
        if (samples.fit(size)) {
            found.add(size);
        }
    }

    /** The polynomial of at most two dimensions in each product, with as few of them as possible. */
    private Size polynomial(Samples samples, int tests) {
        if (samples.different() == 1) {
            return samples.count() > tests ? Size.fixed(samples.values()[0]) : Size.unknown();
        }
        for (Size base : bases) {
            Size line = combination(List.of(Size.fixed(1), base), samples, tests);
            if (line.isKnown()) {
                return line;
            }
        }
        List<Size> linear = new ArrayList<>(List.of(Size.fixed(1)));
        linear.addAll(dimensions);
        Size sum = combination(linear, samples, tests);
        if (sum.isKnown()) {
            return sum;
        }
        Set<Size> products = new LinkedHashSet<>(linear);
        dimensions.forEach(a -> dimensions.forEach(b -> products.add(a.times(b))));
        Size quadratic = combination(List.copyOf(products), samples, tests);
        return quadratic.isKnown()
                ? quadratic
                : dimensions.stream()
                        .map(d -> combination(
                                List.of(Size.fixed(1), d, d.times(d), d.times(d).times(d)), samples, tests))
                        .filter(Size::isKnown)
                        .findFirst()
                        .orElse(quadratic);
    }

    /** The sum of sizes with rational coefficients that fits; unknown if there is none, or too few values test it. */
    private static Size combination(List<Size> terms, Samples samples, int tests) {
        if (samples.count() < terms.size() + tests) {
            return Size.unknown();
        }
        long[][] columns = terms.stream().map(term -> samples.of(term).values()).toArray(long[][]::new);
        double[] coefficients = solve(columns, samples.values());
        for (long denominator : DENOMINATORS) {
            if (coefficients.length > 0 && Arrays.stream(coefficients).allMatch(c -> isWhole(c * denominator))) {
                long[] factors = Arrays.stream(coefficients)
                        .mapToLong(c -> Math.round(c * denominator))
                        .toArray();
                // Most do not fit, which is seen much faster without their expression.
                return fit(columns, factors, denominator, samples.values())
                        ? sum(terms, factors).truncated(Size.fixed(denominator))
                        : Size.unknown();
            }
        }
        return Size.unknown();
    }

    private static Size sum(List<Size> terms, long[] factors) {
        Size sum = Size.fixed(0);
        for (int i = 0; i < factors.length; i++) {
            sum = sum.plus(terms.get(i).times(factors[i]));
        }
        return sum;
    }

    private static boolean fit(long[][] columns, long[] factors, long denominator, long[] values) {
        for (int i = 0; i < values.length; i++) {
            long sum = 0;
            for (int j = 0; j < factors.length; j++) {
                sum += factors[j] * columns[j][i];
            }
            if (sum / denominator != values[i]) {
                return false;
            }
        }
        return true;
    }

    private static boolean isWhole(double number) {
        return Math.abs(number) < 1e15 && Math.abs(number - Math.rint(number)) < CLOSE * Math.max(1, Math.abs(number));
    }

    /** The coefficients by Gaussian elimination, without regard to whether they fit; empty if they are not unique. */
    private static double[] solve(long[][] columns, long[] values) {
        int n = columns.length;
        double[][] rows = new double[values.length][n + 1];
        for (int j = 0; j <= n; j++) {
            long[] column = j < n ? columns[j] : values;
            for (int i = 0; i < rows.length; i++) {
                rows[i][j] = column[i];
            }
        }
        for (int j = 0; j < n; j++) {
            int column = j;
            int pivot = IntStream.range(j, rows.length)
                    .reduce((a, b) -> Math.abs(rows[a][column]) >= Math.abs(rows[b][column]) ? a : b)
                    .orElseThrow();
            if (Math.abs(rows[pivot][j]) < CLOSE) {
                return new double[0];
            }
            double[] row = rows[pivot];
            rows[pivot] = rows[j];
            rows[j] = row;
            for (int i = 0; i < rows.length; i++) {
                double factor = i == column ? 0 : rows[i][column] / row[column];
                for (int k = column; factor != 0 && k <= n; k++) {
                    rows[i][k] -= factor * row[k];
                }
            }
        }
        return IntStream.range(0, n).mapToDouble(i -> rows[i][n] / rows[i][i]).toArray();
    }

    /**
     * c floor((m p + b) / d) + k for given m and p. The values' differences give c and the range of d, and for each d
     * that of b.
     */
    private static List<Size> quotients(Size p, long m, Samples samples) {
        long[] at = Arrays.stream(samples.of(p).values()).map(x -> m * x).toArray();
        long[] v = samples.values();
        if (Arrays.stream(at).distinct().count() < MIN_SIZES || samples.different() == 1) {
            return List.of();
        }
        long step = Arrays.stream(v).map(x -> x - v[0]).reduce(0, SizeSearch::greatestCommonDivisor);
        int low = IntStream.range(0, at.length)
                .reduce((i, j) -> at[i] <= at[j] ? i : j)
                .orElseThrow();
        int high = IntStream.range(0, at.length)
                .reduce((i, j) -> at[i] >= at[j] ? i : j)
                .orElseThrow();
        long c = v[high] >= v[low] ? step : -step;
        long[] w = Arrays.stream(v).map(x -> (x - v[low]) / c).toArray();
        long rise = w[high];
        long distance = at[high] - at[low];
        long first = Math.max(2, distance / (rise + 1));
        long last = Math.min(first + MAX_DIVISORS, rise > 1 ? distance / (rise - 1) + 1 : distance);
        List<Size> found = new ArrayList<>();
        for (long d = first; d <= last && found.size() < MAX_FOUND; d++) {
            long min = Long.MIN_VALUE;
            long max = Long.MAX_VALUE;
            for (int i = 0; i < at.length && min <= max; i++) {
                min = Math.max(min, d * w[i] - at[i]);
                max = Math.min(max, d * w[i] - at[i] + d - 1);
            }
            if (min <= max) {
                long b = simplest(min, max, d);
                Size dividend = p.times(m).plus(Math.floorMod(b, d));
                long k = v[low] + c * Math.floorDiv(b, d);
                Size truncated = dividend.truncated(Size.fixed(d)).times(c).plus(k);
                found.add(
                        samples.fit(truncated)
                                ? truncated
                                : dividend.floorDivided(d).times(c).plus(k));
            }
        }
        return found;
    }

    /** A number from min to max: a multiple of d, or one less, if there is one. */
    private static long simplest(long min, long max, long d) {
        long multiple = Math.floorDiv(max, d) * d;
        long before = Math.floorDiv(max + 1, d) * d - 1;
        return multiple >= min ? multiple : before >= min ? before : min;
    }

    private static long greatestCommonDivisor(long a, long b) {
        return b == 0 ? Math.abs(a) : greatestCommonDivisor(b, a % b);
    }

    /** Square roots and products with decimals, rounded to integers, and sums with them; quotients of sizes. */
    private Set<Size> rounded(Samples samples, int tests) {
        Set<Size> found = new LinkedHashSet<>();
        for (Size base : bases) {
            for (long more = 0; more <= 1; more++) {
                Size shift = Size.fixed(more);
                Samples rest = samples.minus(shift);
                dimensions.forEach(d -> ratio(samples.of(base), samples.of(d), rest)
                        .ifPresent(factor ->
                                add(found, base.times(factor).truncated(d).plus(shift), samples)));
            }
            Samples at = samples.of(base);
            if (at.smallest() < 0 || at.different() < MIN_SIZES) {
                continue;
            }
            RealSize whole = new RealSize.Whole(base);
            RealSize root = RealSize.Function.SQUARE_ROOT.of(whole);
            for (RealSize number : List.of(root, RealSize.Function.CEILING.of(root))) {
                Size size = Size.of(new SizeFactor.Rounded(number));
                add(found, combination(List.of(Size.fixed(1), size), samples, tests), samples);
                List<Size> terms = List.of(Size.fixed(1), base, size, size.times(size));
                add(found, combination(terms, samples, tests), samples);
            }
            for (Size size : highestBits(base)) {
                add(found, combination(List.of(Size.fixed(1), size), samples, tests), samples);
                add(found, combination(List.of(Size.fixed(1), base, size), samples, tests), samples);
            }
            decimal(at, samples).ifPresent(factor -> {
                for (double exact : new double[] {factor, factor.floatValue()}) {
                    RealSize product = RealSize.Function.MULTIPLY.of(whole, new RealSize.Fixed(exact));
                    add(found, Size.of(new SizeFactor.Rounded(product)), samples);
                    RealSize rounded = RealSize.Function.TO_FLOAT.of(product);
                    add(found, Size.of(new SizeFactor.Rounded(rounded)), samples);
                }
            });
        }
        return found;
    }

    /** The smallest whole factor by which the quotients of two sizes are multiplied and rounded down to the values. */
    private static OptionalLong ratio(Samples dividends, Samples divisors, Samples samples) {
        double low = 1;
        double high = Double.POSITIVE_INFINITY;
        for (int i = 0; i < samples.count(); i++) {
            if (dividends.values()[i] < 1 || divisors.values()[i] < 1) {
                return OptionalLong.empty();
            }
            double quotient = (double) dividends.values()[i] / divisors.values()[i];
            low = Math.max(low, samples.values()[i] / quotient);
            high = Math.min(high, (samples.values()[i] + 1) / quotient);
        }
        long factor = (long) Math.ceil(low - CLOSE);
        return factor < high ? OptionalLong.of(factor) : OptionalLong.empty();
    }

    /** Logarithms and powers of two, rounded down and up. */
    private static List<Size> highestBits(Size base) {
        return Arrays.stream(MULTIPLES)
                .mapToObj(base::times)
                .flatMap(multiple -> Stream.of(multiple, multiple.times(2).plus(-1)))
                .flatMap(size ->
                        Stream.of(true, false).map(isPower -> Size.of(new SizeFactor.HighestBit(size, isPower))))
                .toList();
    }

    /** The decimal with the fewest digits by which sizes are multiplied and rounded down to the values. */
    private static Optional<Double> decimal(Samples at, Samples samples) {
        double low = range(at, samples, 0).max().orElse(1);
        double high = range(at, samples, 1).min().orElse(0);
        double power = 1;
        for (int digits = 0; digits <= MAX_DIGITS && low <= high; digits++, power *= 10) {
            double factor = Math.ceil(low * power - CLOSE) / power;
            if (factor <= high && factor > 0) {
                return Optional.of(factor);
            }
        }
        return Optional.empty();
    }

    private static DoubleStream range(Samples at, Samples samples, int more) {
        return IntStream.range(0, at.count())
                .filter(i -> at.values()[i] > 0)
                .mapToDouble(i -> (double) (samples.values()[i] + more) / at.values()[i]);
    }

    /** The greatest common divisor of two dimensions, or of one and a number; a dimension divided by it; a multiple. */
    private Set<Size> commonDivisors(Samples samples) {
        Set<Size> found = new LinkedHashSet<>();
        if (samples.smallest() < 1) {
            return found;
        }
        for (Size d : dimensions) {
            List<Size> others = new ArrayList<>(dimensions);
            LongStream.rangeClosed(2, MAX_COMMON).mapToObj(Size::fixed).forEach(others::add);
            for (Size other : others) {
                Size divisor = Size.of(new SizeFactor.CommonDivisor(d, other));
                if (!d.equals(other)) {
                    add(found, divisor, samples);
                    add(found, d.truncated(divisor), samples);
                    add(found, d.times(other).truncated(divisor), samples);
                }
            }
        }
        return found;
    }

    /** The larger or smaller one of a bound, a number or a size, and of an expression that fits the other values. */
    private Set<Size> extrema(Samples samples, int depth) {
        Set<Size> found = new LinkedHashSet<>();
        List<Size> bounds = new ArrayList<>(List.of(Size.fixed(samples.smallest()), Size.fixed(samples.largest())));
        bounds.addAll(bases);
        for (Size bound : bounds) {
            long[] at = samples.of(bound).values();
            Samples others = samples.where(i -> samples.values()[i] != at[i]);
            if (samples.count() - others.count() < 2 || others.count() < MIN_TESTS) {
                continue;
            }
            Set<Size> inner = inner(others, depth > 1);
            if (inner.isEmpty() && depth > 1) {
                inner = extrema(others, depth - 1);
            }
            for (Size size : inner) {
                add(found, size.max(bound), samples);
                add(found, size.min(bound), samples);
            }
        }
        return found;
    }
}
