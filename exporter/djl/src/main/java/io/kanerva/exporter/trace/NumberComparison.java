package io.kanerva.exporter.trace;

import io.kanerva.exporter.trace.block.CallSite;
import io.kanerva.exporter.trace.size.RealSize;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.exporter.trace.size.SizeFactor;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Expressions in the dynamic dimensions for the numbers of a set of tapes. */
final class NumberComparison {
    /** The number of sizes that a message gives as examples. */
    private static final int MAX_LISTED = 3;

    private final SamplingPlan plan;
    private final Map<String, SamplingPlan.Limit> limits;
    private final List<TapeComparison.Varied> others;
    private final CountedSizes counts;
    private final Supplier<List<Size>> elements;
    private final StridedSizes strided;
    private final List<String> problems;
    private final Set<String> assumptions = new LinkedHashSet<>();
    private ExpressionSearch inference;
    private boolean isInexpressible;
    private boolean isLast;

    /**
     * Prepares a comparison.
     *
     * @param limits sizes that dynamic dimensions may take, by name
     * @param others tapes with other values
     * @param counts sizes that depend on values
     * @param elements how many elements each input has
     * @param problems to which numbers without an expression are added
     */
    NumberComparison(
            SamplingPlan plan,
            Map<String, SamplingPlan.Limit> limits,
            List<TapeComparison.Varied> others,
            CountedSizes counts,
            Supplier<List<Size>> elements,
            List<String> problems) {
        this.plan = plan;
        this.limits = limits;
        this.others = others;
        this.counts = counts;
        this.elements = elements;
        this.problems = problems;
        strided = new StridedSizes(plan, limits);
    }

    /**
     * Begins with a combination of the tapes.
     *
     * @param last whether a number without an expression is an error
     * @param isUnique whether a number for which several expressions fit is one
     */
    void begin(boolean last, boolean isUnique) {
        isLast = last;
        inference = new ExpressionSearch(plan, limits, strided.factors(), isUnique);
    }

    boolean isLast() {
        return isLast;
    }

    /** Whether a number has no expression, or one that more traces should confirm. */
    boolean isInexpressible() {
        return isInexpressible;
    }

    /** Adds one that is not here. */
    void addInexpressible(boolean isOne) {
        isInexpressible |= isOne;
    }

    /** What was taken for granted. */
    Set<String> assumptions() {
        return assumptions;
    }

    /** Sizes that tell apart expressions for a number. */
    Set<Map<String, Long>> wanted() {
        return inference.wanted();
    }

    /** The expression for an axis: a rule's if it fits the traced values, else one inferred from them. */
    Size size(long[] values, Size ruled) {
        Size size = strided.withinLimits(ruled);
        if (!strided.fits(ruled, values)) {
            Size polynomial = plan.express(values);
            size = polynomial.isKnown() ? polynomial : strided.express(values);
            isInexpressible |= !size.isKnown();
            size = size.isKnown() || !isLast ? size : inference.whole(values);
        }
        strided.add(size);
        return size;
    }

    /** A number or numbers that may depend on the inputs' values, as expressions or as they are. */
    Object attribute(List<Object> values, List<Object> varied, String what, CallSite site) {
        if (IntStream.range(0, varied.size())
                .allMatch(i -> isEqual(values.get(others.get(i).trace()), varied.get(i)))) {
            return attribute(values, what, site);
        }
        List<Object> all = Stream.concat(values.stream(), varied.stream()).toList();
        if (values.get(0) instanceof long[] numbers
                && all.stream().allMatch(value -> ((long[]) value).length == numbers.length)) {
            return IntStream.range(0, numbers.length)
                    .mapToObj(i -> attribute(element(values, i), element(varied, i), what, site))
                    .toList();
        }
        if (!isLast) {
            isInexpressible = true; // More traces select more numbers of elements.
            return placeholder(values);
        }
        Optional<Object> counted = all.stream().allMatch(Number.class::isInstance)
                ? counts.express(
                        all.stream()
                                .mapToDouble(v -> ((Number) v).doubleValue())
                                .toArray(),
                        elements.get())
                : Optional.empty();
        if (counted.isEmpty()) {
            problems.add(what + " is a number that depends on the values of the inputs, such as how"
                    + " many elements a mask selects, and no formula in that number was found; it would be frozen, use"
                    + " -1 in a shape, or count with arrays, as in mask.sum() (" + site + ")");
        }
        return counted.orElseGet(() -> placeholder(values));
    }

    private static List<Object> element(List<Object> values, int index) {
        return values.stream().map(value -> (Object) ((long[]) value)[index]).toList();
    }

    private Object attribute(List<Object> values, String what, CallSite site) {
        Object one = values.get(0);
        if (one instanceof long[] numbers) {
            if (values.stream().anyMatch(value -> ((long[]) value).length != numbers.length)) {
                return differs(values, what, site);
            }
            return IntStream.range(0, numbers.length)
                    .mapToObj(i -> attribute(element(values, i), what, site))
                    .toList();
        }
        boolean isEqual = values.stream().allMatch(value -> isEqual(value, one));
        if (isEqual) {
            return one instanceof Long number ? Size.fixed(number) : one;
        }
        boolean isWhole = values.stream().allMatch(v -> v instanceof Number n && n.doubleValue() == n.longValue());
        long[] numbers = isWhole
                ? values.stream().mapToLong(v -> ((Number) v).longValue()).toArray()
                : new long[0];
        Size size = isWhole ? plan.express(numbers) : Size.unknown();
        // Two expressions fit the same few numbers; more sizes distinguish them.
        isInexpressible |= size.isKnown() && strided.mayProduce(numbers);
        if (size.isKnown()) {
            return size;
        }
        Optional<Object> found = inferred(values, numbers);
        // A few numbers may fit by coincidence, so more are traced before this is accepted.
        isInexpressible = true;
        found.ifPresent(expression -> assumptions.add(what + " was taken to be " + expression
                + ", which holds at the sizes that were traced (" + site + ")"));
        return found.orElseGet(() -> differs(values, what, site));
    }

    /** The {@link Size} or {@link RealSize} for a number; empty if there is none. */
    Optional<Object> expression(double[] values) {
        boolean isWhole = Arrays.stream(values).allMatch(v -> v == (long) v);
        long[] whole = isWhole ? Arrays.stream(values).mapToLong(v -> (long) v).toArray() : new long[0];
        Size size = isWhole ? plan.express(whole) : Size.unknown();
        return size.isKnown()
                ? Optional.of(size)
                : inferred(Arrays.stream(values).mapToObj(v -> (Object) v).toList(), whole);
    }

    /** An expression that is not a sum of products of dimensions; empty if there is none. */
    private Optional<Object> inferred(List<Object> values, long[] whole) {
        if (!isLast || !values.stream().allMatch(Number.class::isInstance)) {
            return Optional.empty();
        }
        if (whole.length > 0) {
            Size size = strided.express(whole);
            size = size.isKnown() ? size : inference.whole(whole);
            if (size.isKnown()) {
                return Optional.of(size);
            }
        }
        Optional<RealSize> real = inference.real(
                values.stream().mapToDouble(v -> ((Number) v).doubleValue()).toArray());
        boolean isWhole = values.stream().allMatch(Long.class::isInstance);
        return isWhole ? real.map(number -> Size.of(new SizeFactor.Rounded(number))) : real.map(Object.class::cast);
    }

    private static boolean isEqual(Object a, Object b) {
        if (a instanceof CompositeOperation x && b instanceof CompositeOperation y) {
            return x.name().equals(y.name());
        }
        return a instanceof long[] x && b instanceof long[] y ? Arrays.equals(x, y) : Objects.equals(a, b);
    }

    private Object differs(List<Object> values, String what, CallSite site) {
        isInexpressible = true;
        Set<String> found = new LinkedHashSet<>();
        Set<Object> distinct = new HashSet<>();
        for (int i = 0; i < values.size() && found.size() < MAX_LISTED; i++) {
            String value =
                    values.get(i) instanceof long[] numbers ? Arrays.toString(numbers) : String.valueOf(values.get(i));
            if (distinct.add(value)) {
                found.add(value + " with " + plan.traces().get(i));
            }
        }
        problems.add(what + " changes with the sizes of the inputs, and no formula for it was found: "
                + String.join(", ", found)
                + "; compute it from sizes by +, -, *, /, min, max, roots, logarithms, exponentials or powers, "
                + "or make the dimension a fixed one ("
                + site + ")");
        return placeholder(values);
    }

    /** Stands for a number without an expression, so that further problems are found. */
    private static Object placeholder(List<Object> values) {
        return values.get(0) instanceof Long ? Size.fixed(0) : values.get(0);
    }
}
