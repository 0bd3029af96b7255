package io.kanerva.exporter.trace;

import io.kanerva.exporter.trace.size.Size;
import io.kanerva.exporter.trace.size.SizeFactor;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The strided sizes in a set of tapes, and expressions in them: c p + k, where p is a product of one of them and up to
 * two other dynamic sizes.
 */
final class StridedSizes {
    private final SamplingPlan plan;
    private final Map<String, SamplingPlan.Limit> limits;
    private final Set<Size> strided = new LinkedHashSet<>();
    /** All dynamic sizes, with strides or not. */
    private final Set<Size> factors = new LinkedHashSet<>();

    StridedSizes(SamplingPlan plan, Map<String, SamplingPlan.Limit> limits) {
        this.plan = plan;
        this.limits = limits;
        plan.dimensions().forEach(name -> factors.add(Size.named(name)));
    }

    /**
     * A strided size that is equal at the limits of its dimensions is that number, because it grows with each of them.
     */
    Size withinLimits(Size size) {
        boolean isLimited = size.hasStrides()
                && size.isGrowing()
                && size.dimensions()
                        .allMatch(name ->
                                limits.containsKey(name) && !limits.get(name).isOpen());
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

    /** All dynamic sizes so far, with strides or not. */
    Set<Size> factors() {
        return factors;
    }

    /** Adds the size of a value. */
    void add(Size size) {
        if (size.hasStrides()) {
            strided.add(size);
        }
        if (size.isKnown() && !size.isFixed()) {
            factors.add(size);
        }
    }

    /** Whether an expression fits all traced values. */
    boolean fits(Size size, long[] values) {
        if (!size.isKnown() || size.dimensions().anyMatch(SizeFactor.Named::isCount)) {
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
     * Whether numbers may come from one strided size: where all traced heights are odd, 2*floor(H/2) looks like H-1.
     */
    boolean mayProduce(long[] values) {
        return strided.stream()
                .anyMatch(size -> fits(size, values) || line(size, values).isKnown());
    }

    /** The expression for a number in each trace; unknown if there is none. */
    Size express(long[] values) {
        for (Size size : strided) {
            if (fits(size, values)) {
                return size;
            }
        }
        for (Size a : strided) {
            Size found = line(a, values);
            if (found.isKnown()) {
                return found;
            }
        }
        List<Size> others = List.copyOf(factors);
        for (Size a : strided) {
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
        return Size.unknown();
    }

    /** c p + k with integers c and k that fits all values; unknown if there is none. */
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
                return fits(line, values) ? line : Size.unknown();
            }
        }
        return Size.unknown();
    }
}
