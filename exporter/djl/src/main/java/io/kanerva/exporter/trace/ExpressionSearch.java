package io.kanerva.exporter.trace;

import io.kanerva.exporter.trace.size.RealSearch;
import io.kanerva.exporter.trace.size.RealSize;
import io.kanerva.exporter.trace.size.Samples;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.exporter.trace.size.SizeSearch;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Expressions for the numbers in a set of tapes, and the sizes that would tell apart those that all fit. */
final class ExpressionSearch {
    /** Expressions are told apart up to this size of a dimension without a limit. */
    private static final long MAX_SIZE = Prober.DEFAULT_MAX;

    private final SamplingPlan plan;
    private final Map<String, SamplingPlan.Limit> limits;
    private final Collection<Size> known;
    private final boolean isLast;
    private final Set<Map<String, Long>> wanted = new LinkedHashSet<>();

    /**
     * Prepares a search.
     *
     * @param limits sizes that dynamic dimensions may take, by name
     * @param known sizes of arrays, of which a number may be a function; more may be added later
     * @param isLast whether no more sizes can be traced, so that a number with several expressions has none
     */
    ExpressionSearch(
            SamplingPlan plan, Map<String, SamplingPlan.Limit> limits, Collection<Size> known, boolean isLast) {
        this.isLast = isLast;
        this.plan = plan;
        this.limits = limits;
        this.known = known;
    }

    /** Sizes at which the block should be traced, too, because expressions that fit differ there. */
    Set<Map<String, Long>> wanted() {
        return wanted;
    }

    /** The expression for a whole number in each trace; unknown if there is none. */
    Size whole(long[] values) {
        List<Size> found = search().find(new Samples(plan.traces(), values));
        if (found.isEmpty()) {
            return Size.unknown();
        }
        List<Map<String, Long>> differences = found.stream()
                .skip(1)
                .map(other -> difference(found.get(0), other))
                .flatMap(Optional::stream)
                .toList();
        wanted.addAll(differences);
        wantSmallest();
        return differences.isEmpty() || !isLast ? found.get(0) : Size.unknown();
    }

    /** The expression for a number in each trace; empty if there is none. */
    Optional<RealSize> real(double[] values) {
        Optional<RealSize> found = new RealSearch(search()).find(plan.traces(), values);
        if (found.isPresent()) {
            wantSmallest();
        }
        return found;
    }

    /** Functions change where their argument is 0 or negative: 1/(T-1) may be 1/max(1,T-1). */
    private void wantSmallest() {
        Map<String, Long> smallest = new LinkedHashMap<>();
        plan.dimensions()
                .forEach(name -> smallest.put(
                        name,
                        limits.getOrDefault(name, SamplingPlan.DEFAULT_LIMIT).min()));
        if (!plan.traces().contains(smallest)) {
            wanted.add(smallest);
        }
    }

    private SizeSearch search() {
        return new SizeSearch(plan.dimensions(), known);
    }

    /** The smallest sizes at which two expressions differ. */
    private Optional<Map<String, Long>> difference(Size a, Size b) {
        Map<String, Long> origin = plan.traces().get(plan.traces().size() - 1);
        for (long n = 1; n <= MAX_SIZE; n++) {
            for (String dimension : plan.dimensions()) {
                SamplingPlan.Limit limit = limits.getOrDefault(dimension, new SamplingPlan.Limit(1, MAX_SIZE));
                if (n < limit.min() || n > limit.max(MAX_SIZE)) {
                    continue;
                }
                Map<String, Long> point = new LinkedHashMap<>(origin);
                point.put(dimension, n);
                if (a.at(point) != b.at(point)) {
                    return Optional.of(point);
                }
            }
        }
        return Optional.empty();
    }
}
