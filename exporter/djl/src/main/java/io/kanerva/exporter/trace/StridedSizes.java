package io.kanerva.exporter.trace;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The sizes behind strides that a set of tapes has shown, and numbers made of them: c p + k, where p is a product of
 * one of them and of up to two other dynamic sizes, or a dimension that was divided.
 */
final class StridedSizes {
    private static final long MAX_DIVISOR = 16;
    private static final int FEWEST_SIZES = 6;

    private final SamplingPlan plan;
    private final Map<String, SamplingPlan.Limit> limits;
    private final Set<Size> met = new LinkedHashSet<>();
    /** All dynamic sizes, with strides or not. */
    private final Set<Size> factors = new LinkedHashSet<>();

    StridedSizes(SamplingPlan plan, Map<String, SamplingPlan.Limit> limits) {
        this.plan = plan;
        this.limits = limits;
        plan.dimensions().forEach(name -> factors.add(Size.named(name)));
    }

    /**
     * A size behind strides that is the same at all sizes that the dimensions may take is that number: it grows with
     * each of them.
     */
    Size withinLimits(Size size) {
        boolean isLimited = size.hasStrides()
                && size.terms().entrySet().stream()
                        .filter(term -> !term.getKey().isEmpty())
                        .allMatch(term -> term.getValue() > 0
                                && term.getKey().stream().allMatch(factor -> limits.containsKey(factor.dimension())));
        if (!isLimited) {
            return size;
        }
        Map<String, Long> smallest = new HashMap<>();
        Map<String, Long> largest = new HashMap<>();
        limits.forEach((name, limit) -> {
            smallest.put(name, limit.min());
            largest.put(name, limit.max());
        });
        return size.at(smallest) == size.at(largest) ? Size.fixed(size.at(smallest)) : size;
    }

    /** Remembers a size that a value has. */
    void add(Size size) {
        if (size.hasStrides()) {
            met.add(size);
        }
        if (size.isKnown() && !size.isFixed()) {
            factors.add(size);
        }
    }

    /** Whether an expression has the values seen in all traces. */
    boolean meets(Size size, long[] values) {
        if (!size.isKnown()) {
            return false;
        }
        for (int i = 0; i < values.length; i++) {
            if (size.at(plan.traces().get(i)) != values[i]) {
                return false;
            }
        }
        return true;
    }

    /**
     * Whether numbers may come from one size behind strides: where all traced heights are odd, twice the half of one
     * looks like H-1.
     */
    boolean mayMake(long[] values) {
        return met.stream()
                .anyMatch(size -> meets(size, values) || line(size, values).isKnown());
    }

    /** The expression for a number seen in each trace; unknown if there is none. */
    Size express(long[] values) {
        for (Size size : met) {
            if (meets(size, values)) {
                return size;
            }
        }
        for (Size a : met) {
            Size found = line(a, values);
            if (found.isKnown()) {
                return found;
            }
        }
        List<Size> others = List.copyOf(factors);
        for (Size a : met) {
            for (int i = 0; i < others.size(); i++) {
                Size pair = a.times(others.get(i));
                Size found = line(pair, values);
                for (int j = i; j < others.size() && !found.isKnown(); j++) {
                    found = line(pair.times(others.get(j)), values);
                }
                if (found.isKnown()) {
                    return found;
                }
            }
        }
        return divided(values);
    }

    /**
     * c floor((D + a) / m) + k of one dimension D, as Java code divides it. Many such lines go through a few points: it
     * takes more.
     */
    private Size divided(long[] values) {
        for (String dimension : plan.dimensions()) {
            if (plan.traces().stream()
                            .map(sizes -> sizes.get(dimension))
                            .distinct()
                            .count()
                    < FEWEST_SIZES) {
                continue;
            }
            for (long divisor = 2; divisor <= MAX_DIVISOR; divisor++) {
                for (long offset = 0; offset < divisor; offset++) {
                    Size found = line(Size.of(new SizeFactor(dimension, offset, divisor)), values);
                    if (found.isKnown()) {
                        return found;
                    }
                }
            }
        }
        return Size.unknown();
    }

    /** c p + k with whole numbers c and k through all values; unknown if there is none. */
    private Size line(Size p, long[] values) {
        Map<String, Long> first = plan.traces().get(0);
        for (int i = 1; i < values.length; i++) {
            long gap = p.at(plan.traces().get(i)) - p.at(first);
            if (gap != 0) {
                long rise = values[i] - values[0];
                if (rise == 0 || rise % gap != 0) {
                    return Size.unknown();
                }
                Size line = p.times(rise / gap).plus(values[0] - rise / gap * p.at(first));
                return meets(line, values) ? line : Size.unknown();
            }
        }
        return Size.unknown();
    }
}
