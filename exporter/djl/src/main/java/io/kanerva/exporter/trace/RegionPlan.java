package io.kanerva.exporter.trace;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;

/**
 * Picks sizes to trace in a region of one or two dimensions' sizes, in place of those that a plan has: a grid within
 * the region, and points that test what it determines.
 */
final class RegionPlan {
    /** Sizes after one at which a region may begin. */
    private static final long NEAR = 8;

    /** How far the sizes of one dimension may lie from the smallest: few may belong to the region. */
    private static final long FAR = 128;

    private static final int TESTS = 8;
    private static final int CHECKS = 3;
    /** Points up to so many times as costly as the grid. */
    private static final double MAX_RATIO = 8;
    /** How much a grid is to be avoided that has a size of 1, or equal ones. */
    private static final double UNCLEAR = 1e9;

    private final SamplingPlan plan;
    private final SizeRegion region;
    private final String first;
    private final String second;
    private final List<Long> firstSizes;
    private final List<Long> secondSizes;

    private RegionPlan(
            SamplingPlan plan,
            SizeRegion region,
            List<String> names,
            Map<String, SamplingPlan.Limit> limits,
            Set<Long> near) {
        this.plan = plan;
        this.region = region;
        first = names.get(0);
        second = names.get(names.size() - 1);
        firstSizes = candidates(
                limits.getOrDefault(first, SamplingPlan.Limit.from(1)),
                near,
                names.size() == 1 ? FAR : SamplingPlan.MAX_DISTANCE);
        secondSizes = names.size() == 1
                ? List.of(0L)
                : candidates(limits.getOrDefault(second, SamplingPlan.Limit.from(1)), near, SamplingPlan.MAX_DISTANCE);
    }

    /**
     * A plan of sizes in a region.
     *
     * @param plan the sizes of the other dimensions
     * @param near numbers near which the region may begin
     * @return empty if the region is about more than two dimensions, or has too few sizes there
     */
    static Optional<SamplingPlan> of(
            SamplingPlan plan, SizeRegion region, Map<String, SamplingPlan.Limit> limits, Set<Long> near) {
        List<String> names =
                plan.dimensions().stream().filter(region.dimensions()::contains).toList();
        if (names.isEmpty()) {
            return region.contains(plan.traces().get(0)) ? Optional.of(plan) : Optional.empty();
        }
        return names.size() > 2 ? Optional.empty() : new RegionPlan(plan, region, names, limits, near).find();
    }

    private static List<Long> candidates(SamplingPlan.Limit limit, Set<Long> near, long distance) {
        TreeSet<Long> sizes = new TreeSet<>();
        LongStream.rangeClosed(0, distance).forEach(i -> sizes.add(limit.min() + i));
        for (long number : near) {
            long root = (long) Math.sqrt(number);
            LongStream.rangeClosed(-1, NEAR).forEach(i -> sizes.addAll(List.of(number + i, root + i)));
        }
        sizes.removeIf(size -> size < limit.min() || size > limit.max(Prober.DEFAULT_MAX));
        return List.copyOf(sizes);
    }

    private Optional<SamplingPlan> find() {
        return first.equals(second) ? ofOne() : ofTwo();
    }

    private Optional<SamplingPlan> ofOne() {
        List<Long> inside = new ArrayList<>(
                firstSizes.stream().filter(size -> isInside(size, 0)).toList());
        if (inside.size() < 2) {
            return Optional.empty();
        }
        if (inside.get(0) == 1 && inside.size() > 2) {
            inside.add(inside.remove(0));
        }
        return Optional.of(plan(Map.of(first, inside.subList(0, 2)), 2.0 * inside.get(1)));
    }

    private Optional<SamplingPlan> ofTwo() {
        Map<String, List<Long>> best = null;
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < firstSizes.size(); i++) {
            for (int j = i + 1; j < firstSizes.size(); j++) {
                long low = firstSizes.get(i);
                long high = firstSizes.get(j);
                List<Long> both = secondSizes.stream()
                        .filter(size -> isInside(low, size) && isInside(high, size))
                        .sorted(Comparator.comparing(size -> size == 1 || size == low || size == high))
                        .limit(2)
                        .toList();
                if (both.size() < 2) {
                    continue;
                }
                boolean isUnclear = low == 1 || both.contains(1L) || both.contains(low) || both.contains(high);
                double cost = (double) high * Math.max(both.get(0), both.get(1)) + (isUnclear ? UNCLEAR : 0);
                if (cost < least) {
                    least = cost;
                    best = Map.of(first, List.of(low, high), second, both);
                }
            }
        }
        return best == null ? Optional.empty() : Optional.of(plan(best, least % UNCLEAR));
    }

    private boolean isInside(long a, long b) {
        return region.contains(point(a, b));
    }

    private Map<String, Long> point(long a, long b) {
        Map<String, Long> point =
                new LinkedHashMap<>(plan.traces().get(plan.traces().size() - 1));
        if (!first.equals(second)) {
            point.put(second, b);
        }
        point.put(first, a);
        return point;
    }

    /** The plan with a grid of these sizes. */
    private SamplingPlan plan(Map<String, List<Long>> sizes, double cost) {
        Map<String, List<Long>> levels = new LinkedHashMap<>(plan.levels());
        sizes.forEach((name, pair) -> levels.put(name, pair.stream().sorted().toList()));
        Set<Map<String, Long>> traces = new LinkedHashSet<>(SamplingPlan.grid(plan.dimensions(), levels));
        List<Map<String, Long>> others = new ArrayList<>();
        for (long a : firstSizes) {
            for (long b : secondSizes) {
                if (isInside(a, b) && a * Math.max(1.0, b) <= MAX_RATIO * cost && !traces.contains(point(a, b))) {
                    others.add(point(a, b));
                }
            }
        }
        // A block may fail at sizes of 1, which the comparisons that follow find.
        List<Map<String, Long>> larger =
                others.stream().filter(point -> !point.containsValue(1L)).toList();
        if (larger.size() >= CHECKS) {
            others.retainAll(larger);
        }
        List<Map<String, Long>> tests = spread(others, TESTS);
        traces.addAll(tests);
        others.removeAll(tests);
        List<Map<String, Long>> checks = spread(others, CHECKS);
        return new SamplingPlan(
                plan.dimensions(), levels, List.copyOf(traces), checks.isEmpty() ? List.copyOf(traces) : checks);
    }

    private static List<Map<String, Long>> spread(List<Map<String, Long>> points, int count) {
        int last = points.size() - 1;
        return last < count
                ? List.copyOf(points)
                : LongStream.range(0, count)
                        .mapToObj(i -> points.get((int) (i * last / (count - 1))))
                        .toList();
    }
}
