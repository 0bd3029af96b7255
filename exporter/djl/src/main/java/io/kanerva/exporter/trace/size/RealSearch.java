package io.kanerva.exporter.trace.size;

import io.kanerva.exporter.trace.size.RealSize.Fixed;
import io.kanerva.exporter.trace.size.RealSize.Function;
import io.kanerva.exporter.trace.size.RealSize.Whole;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Expressions for a real number, from its values at several sizes: functions of a size (root, logarithm, reciprocal,
 * power, exponential), times, divided by or plus a constant, and quotients and products of two of them.
 *
 * <p>An expression must have each value to the last bit, in float64, or rounded to float32 at the end or after each
 * step, as Java rounds.
 */
public final class RealSearch {
    /** Values that test an expression in addition to those that determine it. */
    private static final int MIN_TESTS = 2;

    private static final double CLOSE = 1e-6;
    /** For what is derived from small differences of rounded values. */
    private static final double ROUNDED = 1e-4;

    /** A function of a size with its inverse, which leads from the values back to whole numbers. */
    private record Unit(UnaryOperator<RealSize> function, DoubleUnaryOperator inverse) {}

    private static final RealSize ONE = new Fixed(1);
    private static final RealSize MINUS_ONE = new Fixed(-1);
    private static final RealSize LN_2 = new Fixed(Math.log(2));
    private static final RealSize LN_10 = new Fixed(Math.log(10));
    private static final List<Unit> UNITS = List.of(
            new Unit(size -> size, v -> v),
            new Unit(Function.SQUARE_ROOT::of, v -> v * v),
            new Unit(size -> Function.DIVIDE.of(ONE, size), v -> 1 / v),
            new Unit(size -> Function.DIVIDE.of(ONE, Function.SQUARE_ROOT.of(size)), v -> 1 / (v * v)),
            new Unit(size -> Function.SQUARE_ROOT.of(Function.DIVIDE.of(ONE, size)), v -> 1 / (v * v)),
            new Unit(size -> power(size, 0.5), v -> v * v),
            new Unit(size -> power(size, -0.5), v -> 1 / (v * v)),
            new Unit(size -> power(size, -1), v -> 1 / v),
            new Unit(size -> power(size, 0.25), v -> Math.pow(v, 4)),
            new Unit(size -> power(size, -0.25), v -> Math.pow(v, -4)),
            new Unit(size -> power(size, 1.0 / 3), v -> v * v * v),
            new Unit(Function.LOGARITHM::of, Math::exp),
            new Unit(size -> Function.DIVIDE.of(Function.LOGARITHM.of(size), LN_2), v -> Math.pow(2, v)),
            new Unit(size -> Function.DIVIDE.of(Function.LOGARITHM.of(size), LN_10), v -> Math.pow(10, v)),
            new Unit(size -> Function.DIVIDE.of(ONE, Function.LOGARITHM.of(size)), v -> Math.exp(1 / v)),
            new Unit(size -> Function.EXPONENTIAL.of(Function.DIVIDE.of(MINUS_ONE, size)), v -> -1 / Math.log(v)),
            new Unit(
                    size -> Function.SUBTRACT.of(ONE, Function.EXPONENTIAL.of(Function.DIVIDE.of(MINUS_ONE, size))),
                    v -> -1 / Math.log1p(-v)));

    private final SizeSearch sizes;

    public RealSearch(SizeSearch sizes) {
        this.sizes = sizes;
    }

    private static RealSize power(RealSize size, double exponent) {
        return Function.POWER.of(size, new Fixed(exponent));
    }

    /** The numbers to be explained. */
    private record Target(List<Map<String, Long>> at, double[] values) {
        /** The first of several ways to round the steps that has these values. */
        Optional<RealSize> rounding(RealSize number) {
            boolean isFloat = Arrays.stream(values).allMatch(v -> (float) v == v || Double.isNaN(v));
            RealSize deep = rounded(number);
            Stream<RealSize> ways = isFloat
                    ? Stream.of(number, Function.TO_FLOAT.of(number), deep)
                    : Stream.of(
                            number,
                            deep instanceof RealSize.Computed last
                                            && last.arguments().get(0) instanceof RealSize.Computed step
                                    ? step
                                    : number);
            return ways.filter(this::fits).findFirst();
        }

        boolean fits(RealSize number) {
            return IntStream.range(0, values.length).allMatch(i -> same(valueAt(number, i), values[i]));
        }

        double valueAt(RealSize number, int i) {
            try {
                return number.at(at.get(i));
            } catch (ArithmeticException e) {
                return Double.NaN;
            }
        }

        private static boolean same(double a, double b) {
            return a == b || Double.isNaN(a) && Double.isNaN(b);
        }

        private static RealSize rounded(RealSize number) {
            if (number instanceof Fixed fixed) {
                return new Fixed((float) fixed.value());
            }
            if (number instanceof RealSize.Computed computed) {
                return Function.TO_FLOAT.of(new RealSize.Computed(
                        computed.function(),
                        computed.arguments().stream().map(Target::rounded).toList()));
            }
            return number;
        }
    }

    /** The first expression that fits. */
    public Optional<RealSize> find(List<Map<String, Long>> at, double[] values) {
        Target target = new Target(at, values);
        if (Arrays.stream(values).distinct().count() <= MIN_TESTS) {
            return Optional.empty();
        }
        return ofOneSize(target)
                .or(() -> candidates(target)
                        .map(target::rounding)
                        .flatMap(Optional::stream)
                        .findFirst());
    }

    /** A function of a size alone: its inverse gives whole numbers, for which there is an expression. */
    private Optional<RealSize> ofOneSize(Target target) {
        for (Unit unit : UNITS) {
            double[] inverse =
                    Arrays.stream(target.values()).map(unit.inverse()).toArray();
            boolean isWhole = Arrays.stream(inverse)
                    .allMatch(
                            v -> Math.abs(v) < 1e12 && Math.abs(v - Math.rint(v)) <= CLOSE * Math.max(1, Math.abs(v)));
            if (!isWhole) {
                continue;
            }
            long[] whole = Arrays.stream(inverse).mapToLong(Math::round).toArray();
            for (Size size : sizes.find(new Samples(target.at(), whole))) {
                Optional<RealSize> found = target.rounding(unit.function().apply(new Whole(size)));
                if (found.isPresent()) {
                    return found;
                }
            }
        }
        return Optional.empty();
    }

    private Stream<RealSize> candidates(Target target) {
        List<RealSize> bases =
                sizes.bases().stream().map(size -> (RealSize) new Whole(size)).toList();
        return Stream.concat(
                bases.stream().flatMap(a -> bases.stream().flatMap(b -> ofTwo(a, b))),
                bases.stream()
                        .flatMap(base -> UNITS.stream()
                                .map(unit -> unit.function().apply(base))
                                .flatMap(size -> withConstants(target, size))));
    }

    private static Stream<RealSize> ofTwo(RealSize a, RealSize b) {
        RealSize root = Function.SQUARE_ROOT.of(b);
        RealSize quotient = Function.DIVIDE.of(a, b);
        return Stream.of(
                quotient,
                Function.SQUARE_ROOT.of(quotient),
                Function.LOGARITHM.of(quotient),
                Function.MULTIPLY.of(a, root),
                Function.DIVIDE.of(a, root),
                Function.DIVIDE.of(root, a),
                Function.DIVIDE.of(ONE, Function.MULTIPLY.of(a, root)),
                Function.MULTIPLY.of(a, Function.LOGARITHM.of(b)),
                Function.DIVIDE.of(Function.LOGARITHM.of(a), Function.LOGARITHM.of(b)));
    }

    /** A function u of a size with one constant, or with two: c u + k. */
    private static Stream<RealSize> withConstants(Target target, RealSize u) {
        double u0 = target.valueAt(u, 0);
        double v0 = target.values()[0];
        // Far apart, since values may be rounded.
        int other = IntStream.range(0, target.values().length)
                .boxed()
                .max(Comparator.comparing(i -> Math.abs(target.valueAt(u, i) - u0)))
                .orElse(0);
        double u1 = target.valueAt(u, other);
        double v1 = target.values()[other];
        List<RealSize> found = new ArrayList<>();
        double tolerance = Arrays.stream(target.values()).allMatch(v -> (float) v == v) ? 1e-6 : 1e-12;
        if (isClose(v0 * u1, v1 * u0, tolerance)) {
            constants(v0 / u0).forEach(c -> found.add(Function.MULTIPLY.of(u, c)));
            constants(u0 / v0).forEach(c -> found.add(Function.DIVIDE.of(u, c)));
        }
        if (isClose(v0 * u0, v1 * u1, tolerance)) {
            constants(v0 * u0).forEach(c -> found.add(Function.DIVIDE.of(c, u)));
            constants(1 / (v0 * u0)).forEach(c -> found.add(Function.DIVIDE.of(ONE, Function.MULTIPLY.of(u, c))));
        }
        if (isClose(v1 - v0, u1 - u0, 1e-5)) {
            constants(v0 - u0).forEach(c -> found.add(Function.ADD.of(u, c)));
        }
        if (isClose(v1 - v0, u0 - u1, 1e-5)) {
            constants(v0 + u0).forEach(c -> found.add(Function.SUBTRACT.of(c, u)));
        }
        if (u0 > 0 && u1 > 0 && v0 > 0 && v1 > 0 && u instanceof Whole) {
            constants(Math.log(v1 / v0) / Math.log(u1 / u0)).forEach(c -> found.add(Function.POWER.of(u, c)));
            double rate = Math.log(v1 / v0) / (u1 - u0);
            constants(Math.exp(rate)).forEach(c -> found.add(Function.POWER.of(c, u)));
            exponentials(rate, v0 / Math.exp(rate * u0), u).forEach(found::add);
            if (isClose(Math.log(v0) * u0, Math.log(v1) * u1, ROUNDED)) {
                nice(Math.log(v0) * u0)
                        .forEach(c -> found.add(Function.EXPONENTIAL.of(Function.DIVIDE.of(new Fixed(c), u))));
            }
        }
        if (u instanceof Whole && isClose(v0 * v0 * u0, v1 * v1 * u1, ROUNDED)) {
            nice(v0 * v0 * u0, ROUNDED)
                    .forEach(c -> found.add(Function.SQUARE_ROOT.of(Function.DIVIDE.of(new Fixed(c), u))));
        }
        if (u instanceof Whole && isClose(v0 * v0 * u1, v1 * v1 * u0, ROUNDED)) {
            nice(u0 / (v0 * v0), ROUNDED)
                    .forEach(c -> found.add(Function.SQUARE_ROOT.of(Function.DIVIDE.of(u, new Fixed(c)))));
        }
        double slope = (v1 - v0) / (u1 - u0);
        nice(slope)
                .forEach(c -> nice(v0 - c * u0).forEach(k -> {
                    RealSize product = Function.MULTIPLY.of(u, new Fixed(c));
                    found.add(Function.ADD.of(product, new Fixed(k)));
                }));
        return found.stream();
    }

    /** k exp(c u), with c as a factor or as a divisor. */
    private static Stream<RealSize> exponentials(double c, double k, RealSize u) {
        Stream<RealSize> exponents = Stream.concat(
                nice(c, ROUNDED).stream().map(n -> Function.MULTIPLY.of(u, new Fixed(n))),
                nice(1 / c, ROUNDED).stream().map(n -> Function.DIVIDE.of(u, new Fixed(n))));
        List<Double> factors = nice(k, ROUNDED);
        return exponents
                .map(Function.EXPONENTIAL::of)
                .flatMap(power -> Stream.concat(
                        Stream.of(power).filter(one -> isClose(k, 1, ROUNDED)),
                        factors.stream().map(n -> Function.MULTIPLY.of(power, new Fixed(n)))));
    }

    private static boolean isClose(double a, double b, double tolerance) {
        return Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b));
    }

    private static Stream<RealSize> constants(double c) {
        if (Double.isNaN(c) || Double.isInfinite(c)) {
            return Stream.empty();
        }
        Set<Double> all = new LinkedHashSet<>(nice(c));
        all.addAll(List.of(c, Math.nextUp(c), Math.nextDown(c), (double) (float) c));
        return all.stream().map(Fixed::new);
    }

    /** Numbers that a programmer may have written which are close to c: decimals, roots and reciprocals of integers. */
    private static List<Double> nice(double c) {
        return nice(c, CLOSE);
    }

    private static List<Double> nice(double c, double tolerance) {
        if (Double.isNaN(c) || Double.isInfinite(c) || c == 0) {
            return List.of();
        }
        Set<Double> all = new LinkedHashSet<>();
        double power = 1;
        for (int digits = 0; digits <= 8; digits++, power *= 10) {
            all.add(Math.rint(c * power) / power);
        }
        all.add(1 / Math.rint(1 / c));
        all.add(Math.signum(c) * Math.sqrt(Math.rint(c * c)));
        all.add(Math.signum(c) / Math.sqrt(Math.rint(1 / (c * c))));
        return all.stream().filter(n -> isClose(n, c, tolerance)).toList();
    }
}
