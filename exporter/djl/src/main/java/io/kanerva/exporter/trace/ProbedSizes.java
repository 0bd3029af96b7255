package io.kanerva.exporter.trace;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/** What is known of a block at sizes of the dynamic dimensions, and the ranges in which they are compared. */
final class ProbedSizes {
    /** The number of sizes after the smallest that are tried before limits are called a remedy. */
    private static final int NEXT = 16;

    private final SamplingPlan plan;
    private final SizeRegion region;
    private final Function<Map<String, Long>, Outcome> block;
    private final Map<Map<String, Long>, Outcome> known = new LinkedHashMap<>();
    private final Map<String, Long> base;
    private final Map<String, Long> low = new LinkedHashMap<>();
    private final Map<String, Long> high = new LinkedHashMap<>();
    /** The results of {@link #with(String, long)} for the present ranges, as a search may try many sizes. */
    private final Map<Map.Entry<String, Long>, Map<String, Long>> moved = new HashMap<>();

    /**
     * Starts with the sizes that were traced.
     *
     * @param limits sizes that dynamic dimensions may take, by name
     * @param region sizes within the limits; at others nothing is compared
     * @param block records the block at given sizes and compares the recording with the program
     */
    ProbedSizes(
            SamplingPlan plan,
            Map<String, SamplingPlan.Limit> limits,
            SizeRegion region,
            Function<Map<String, Long>, Outcome> block) {
        this.plan = plan;
        this.region = region;
        this.block = block;
        base = plan.traces().get(0);
        plan.traces().forEach(sizes -> known.put(sizes, Outcome.SAME));
        for (String name : plan.dimensions()) {
            SamplingPlan.Limit limit = limits.get(name);
            low.put(name, limit == null ? 1 : limit.min());
            high.put(name, limit == null ? Prober.DEFAULT_MAX : limit.max(Prober.DEFAULT_MAX));
        }
    }

    /** The smallest size of a dimension that is compared. */
    long low(String name) {
        return low.get(name);
    }

    /** The largest size of a dimension that is compared. */
    long high(String name) {
        return high.get(name);
    }

    void startAt(String name, long smallest) {
        low.put(name, smallest);
        high.merge(name, smallest, Math::max);
        moved.clear();
    }

    void endAt(String name, long largest) {
        high.put(name, largest);
        moved.clear();
    }

    /** Whether sizes are to be compared. */
    boolean contains(Map<String, Long> sizes) {
        return region.contains(sizes)
                && sizes.entrySet().stream()
                        .allMatch(size ->
                                size.getValue() >= low(size.getKey()) && size.getValue() <= high(size.getKey()));
    }

    /** Whether nothing is compared at some sizes within the ranges. */
    boolean isPart() {
        return !region.isAll();
    }

    Outcome at(Map<String, Long> sizes) {
        if (!region.contains(sizes)) {
            return Outcome.SAME; // Nothing is to be compared there.
        }
        Outcome before = known.get(sizes);
        if (before != null && before.kind() != Outcome.Kind.NOT_KNOWN) {
            return before;
        }
        Outcome outcome = block.apply(sizes);
        known.put(sizes, outcome);
        return outcome;
    }

    boolean isChanged(Map<String, Long> sizes) {
        Outcome.Kind kind = at(sizes).kind();
        return kind == Outcome.Kind.DIFFERENT || kind == Outcome.Kind.FAILS;
    }

    private boolean isSame(Map<String, Long> sizes) {
        return at(sizes).kind() == Outcome.Kind.SAME;
    }

    /** The number of sizes at which the block agrees. */
    int same() {
        return (int) known.values().stream()
                .filter(outcome -> outcome.kind() == Outcome.Kind.SAME)
                .count();
    }

    /** The smallest traced sizes. */
    Map<String, Long> base() {
        return base;
    }

    private static Map<String, Long> with(Map<String, Long> sizes, String name, long size) {
        Map<String, Long> others = new LinkedHashMap<>(sizes);
        others.put(name, size);
        return others;
    }

    /** Whether a dimension may have a size with the others at their smallest traced ones. */
    boolean isFree(String name, long size) {
        return region.contains(with(base, name, size));
    }

    /**
     * A dimension at a size, the others at their smallest traced sizes, or one of them moved into the region: to a size
     * near this one, else to the smallest that there is. Outside the region if there is none.
     */
    Map<String, Long> with(String name, long size) {
        return moved.computeIfAbsent(Map.entry(name, size), key -> {
            Map<String, Long> sizes = with(base, name, size);
            return region.contains(sizes) ? sizes : moved(sizes, name, size).orElse(sizes);
        });
    }

    private Optional<Map<String, Long>> moved(Map<String, Long> sizes, String name, long size) {
        List<String> others =
                plan.dimensions().stream().filter(other -> !other.equals(name)).toList();
        long[] near = {1, 2, size / 2, size - 1, size, size + 1, 2 * size, 4 * size};
        for (String other : others) {
            LongStream values = LongStream.concat(LongStream.of(near), LongStream.of(high.get(other)));
            Optional<Map<String, Long>> found =
                    moved(sizes, other, values.filter(value -> value >= low.get(other) && value <= high.get(other)));
            if (found.isPresent()) {
                return found;
            }
        }
        return others.stream()
                .flatMap(other -> moved(sizes, other, LongStream.rangeClosed(low.get(other), high.get(other))).stream())
                .findFirst();
    }

    /** The first sizes in the region where a dimension has one of several values; one map for all is much faster. */
    private Optional<Map<String, Long>> moved(Map<String, Long> sizes, String other, LongStream values) {
        Map<String, Long> moving = new LinkedHashMap<>(sizes);
        boolean isFound = values.anyMatch(value -> {
            moving.put(other, value);
            return region.contains(moving);
        });
        return isFound ? Optional.of(moving) : Optional.empty();
    }

    /** All dimensions at a size, as far as their ranges allow. */
    Map<String, Long> corner(long size) {
        return corner(size, low, high);
    }

    private Map<String, Long> corner(long size, Map<String, Long> smallest, Map<String, Long> largest) {
        Map<String, Long> sizes = new LinkedHashMap<>();
        plan.dimensions()
                .forEach(name -> sizes.put(name, Math.min(Math.max(size, smallest.get(name)), largest.get(name))));
        return sizes;
    }

    /** The largest size of any dimension. */
    long largest() {
        return high.values().stream().mapToLong(Long::longValue).max().orElseThrow();
    }

    /** The next smaller size at which the block is known to agree, or else the next larger one. */
    long nearestSame(String name, long size) {
        TreeSet<Long> same = sizesOf(name, Outcome.Kind.SAME);
        same.add(base.get(name));
        Long below = same.floor(size);
        return below == null ? same.first() : below;
    }

    /** The sizes of a dimension at which the block was compared with this result. */
    TreeSet<Long> sizesOf(String name, Outcome.Kind kind) {
        return known.entrySet().stream()
                .filter(entry -> entry.getValue().kind() == kind)
                .filter(entry -> with(name, entry.getKey().get(name)).equals(entry.getKey()))
                .map(entry -> entry.getKey().get(name))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    Map<String, SamplingPlan.Limit> ranges() {
        Map<String, SamplingPlan.Limit> ranges = new TreeMap<>();
        plan.dimensions()
                .forEach(name -> ranges.put(name, new SamplingPlan.Limit(low.get(name), Math.max(2, high.get(name)))));
        return ranges;
    }

    /** The limits themselves if the block agrees with all dimensions at their largest; else the largest such square. */
    Map<String, SamplingPlan.Limit> shrunk(Map<String, SamplingPlan.Limit> limited) {
        Map<String, Long> smallest = new LinkedHashMap<>();
        Map<String, Long> largest = new LinkedHashMap<>();
        limited.forEach((name, range) -> {
            smallest.put(name, range.min());
            largest.put(name, range.max());
        });
        long end = largest.values().stream().mapToLong(Long::longValue).max().orElseThrow();
        if (isChanged(corner(end, smallest, largest))) {
            long good = 1;
            while (end - good > 1) {
                long middle = (good + end) / 2;
                if (isChanged(corner(middle, smallest, largest))) {
                    end = middle;
                } else {
                    good = middle;
                }
            }
            end = good;
        }
        long size = Math.max(end, 2);
        Map<String, SamplingPlan.Limit> result = new TreeMap<>();
        limited.forEach((name, range) -> result.put(
                name, new SamplingPlan.Limit(range.min(), Math.max(range.min(), Math.min(range.max(), size)))));
        return result;
    }

    /** What a user can do about a change: these limits, if the block agrees within them. */
    String remedy(Map<String, SamplingPlan.Limit> limited) {
        Map<String, SamplingPlan.Limit> whole = ranges();
        String limit = limited.entrySet().stream()
                .filter(entry -> !entry.getValue().equals(whole.get(entry.getKey())))
                .map(entry -> "withDimensionLimit(\"" + entry.getKey() + "\", "
                        + entry.getValue().min() + ", " + entry.getValue().max() + ")")
                .collect(Collectors.joining(" and "));
        return !limit.isEmpty() && isRight(limited)
                ? "limit the sizes with " + limit
                : "make " + String.join(" or ", plan.dimensions()) + " a fixed dimension";
    }

    /**
     * Whether the block agrees with the program at all combinations of the smallest and largest sizes, and at some
     * after the smallest: squares, for one, come again. What the budget no longer compares is not right.
     */
    private boolean isRight(Map<String, SamplingPlan.Limit> limited) {
        List<Map<String, Long>> corners = List.of(Map.of());
        for (String name : plan.dimensions()) {
            List<Map<String, Long>> more = new ArrayList<>();
            for (Map<String, Long> corner : corners) {
                for (long size :
                        List.of(limited.get(name).min(), limited.get(name).max())) {
                    more.add(with(corner, name, size));
                }
            }
            corners = more;
        }
        return corners.stream().allMatch(this::isSame)
                && limited.entrySet().stream()
                        .allMatch(limit -> LongStream.rangeClosed(
                                        limit.getValue().min(),
                                        Math.min(
                                                limit.getValue().max(),
                                                limit.getValue().min() + NEXT))
                                .allMatch(size -> isSame(with(limit.getKey(), size))));
    }
}
