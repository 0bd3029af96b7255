package io.kanerva.exporter.trace;

import io.kanerva.exporter.trace.size.Size;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * The sizes of the dynamic dimensions at which a block is traced, and those at which its export is checked.
 *
 * <p>Traces: a grid (two sizes per dimension determine a multilinear expression, three one with squares) and points
 * outside it (which test the expression). As far as the limits allow, no size is 1 and none equals another dimension of
 * the traced block, so that equal numbers indicate equal dimensions. Checks: the smallest sizes, the largest ones of
 * limited dimensions, and a point in between; none of them is traced, unless the limits leave no others.
 *
 * @param dimensions names of the dynamic dimensions in order of appearance
 * @param levels the sizes of each dimension on the grid, n of them
 * @param traces n^d points of the grid (digit i to the base n, lowest first: level of dimension i), then test points
 * @param checks sizes at which the export is compared with the block
 */
public record SamplingPlan(
        List<String> dimensions,
        Map<String, List<Long>> levels,
        List<Map<String, Long>> traces,
        List<Map<String, Long>> checks) {
    private static final int MAX_DIMENSIONS = 5;
    /** Maximum distance of traced sizes from the smallest one; time and memory grow with it. */
    static final int MAX_DISTANCE = 32;

    private static final int MIN_CHECKS = 2;
    /** A graph is not run where that takes more multiplications, some ten seconds. */
    private static final double MAX_COST = 5e10;
    /** Nor where more values go in and come out: both results are compared as float64, a gigabyte together. */
    private static final double MAX_VALUES = 1 << 26;
    /** At large sizes, a graph is run where that takes at most as many multiplications. */
    private static final double CHEAP = 1e5;
    /** A run of so many multiplications takes a few milliseconds. */
    private static final double QUICK = 1e7;
    /** The largest size at which a graph is run without being asked to. */
    private static final long MAX_RUN = 1 << 17;
    /** With more dimensions, three sizes each would be too many traces. */
    private static final int MAX_FINE_DIMENSIONS = 3;
    /** The smallest size in a plan for loops, and the number of sizes per dimension. */
    private static final long MIN_LONG = 5;

    private static final int LONG_SIZES = 4;
    /** Test points for numbers that follow one of several dimensions. */
    private static final int SCATTERED = 16;
    /** Further test points of a finer plan. */
    private static final int EXTRA_TESTS = 5;

    /**
     * The sizes that a dynamic dimension may take, both ends inclusive.
     *
     * @param min at least 1
     * @param max at least 2; see {@link #from} for none
     */
    public record Limit(long min, long max) {
        static final long OPEN = Long.MAX_VALUE;

        /** All sizes from one on. */
        public static Limit from(long min) {
            return new Limit(min, OPEN);
        }

        /** Whether there is no largest size. */
        public boolean isOpen() {
            return max == OPEN;
        }

        /** The largest size, up to a given one if there is none. */
        long max(long otherwise) {
            return isOpen() ? Math.max(min, otherwise) : max;
        }

        public Limit {
            if (min < 1 || max < min || max < 2) {
                throw new IllegalArgumentException(
                        "expected limits of a dimension with 1 <= min <= max and max >= 2, found " + min + " and "
                                + max);
            }
        }
    }

    /** The limit of dimensions for which none is set. */
    public static final Limit DEFAULT_LIMIT = new Limit(1, 24);

    static SamplingPlan of(List<InputSpec> inputs, Map<String, Limit> limits, Set<Long> fixedSizes) {
        Set<String> names = new LinkedHashSet<>();
        Set<Long> taken = new TreeSet<>(fixedSizes);
        for (InputSpec input : inputs) {
            input.names().forEach(names::add);
            input.shape().stream().filter(d -> !d.isNamed()).forEach(d -> taken.add(d.size()));
        }
        List<String> unknown =
                limits.keySet().stream().filter(name -> !names.contains(name)).toList();
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException(
                    "limits are given for " + unknown + ", but the inputs' dimensions are " + names);
        }
        if (names.size() > MAX_DIMENSIONS) {
            throw new IllegalArgumentException("at most " + MAX_DIMENSIONS + " dynamic dimensions, found " + names);
        }
        SizeSource.of(inputs.stream().map(InputSpec::sizes).toList());
        inputs.forEach(input -> requirePositive(input, limits));
        Map<String, List<Long>> sizes = new LinkedHashMap<>();
        for (String name : names) {
            sizes.put(name, pick(name, limits.getOrDefault(name, DEFAULT_LIMIT), taken));
        }
        return arrange(List.copyOf(names), sizes, limits);
    }

    /** Checks that no size in relation to names can be 0 or negative. */
    private static void requirePositive(InputSpec input, Map<String, Limit> limits) {
        Map<String, Long> smallest = new LinkedHashMap<>();
        input.names()
                .forEach(name -> smallest.put(
                        name, limits.getOrDefault(name, DEFAULT_LIMIT).min()));
        for (Size size : input.sizes()) {
            if (!size.isGrowing() || size.at(smallest) < 1) {
                throw new IllegalArgumentException("input " + input.name() + ": the size " + size
                        + " can be less than 1; give the smallest size a name and write the others as sums with it,"
                        + " such as [S] and [S+1], or set a limit");
            }
        }
    }

    /**
     * Low, high, test and check size of a dimension. Within a limit, the low size is the smallest and the test size is
     * far from it, because strides often map adjacent sizes to the same result.
     */
    private static List<Long> pick(String name, Limit limit, Set<Long> taken) {
        List<Long> sizes = LongStream.rangeClosed(limit.min(), limit.max(limit.min() + MAX_DISTANCE))
                .boxed()
                .toList();
        if (sizes.size() < 2) {
            throw new IllegalArgumentException(
                    "dimension " + name + " can only be " + limit.max() + "; make it a fixed dimension");
        }
        List<Long> preferred = new ArrayList<>(sizes);
        preferred.removeIf(size -> size == 1 || taken.contains(size));
        sizes.stream().filter(size -> size != 1 && taken.contains(size)).forEach(preferred::add);
        if (sizes.get(0) == 1) {
            preferred.add(1L);
        }
        if (limit != DEFAULT_LIMIT && limit.min() > 1) {
            preferred.remove(limit.min());
            preferred.add(0, limit.min());
        }
        if (limit != DEFAULT_LIMIT && preferred.size() > 4) {
            preferred.stream()
                    .filter(size -> size <= limit.min() + MAX_DISTANCE && !taken.contains(size))
                    .max(Long::compare)
                    .ifPresent(furthest -> {
                        preferred.remove(furthest);
                        preferred.add(Math.min(2, preferred.size()), furthest);
                    });
        }
        List<Long> picked = new ArrayList<>(preferred.subList(0, Math.min(4, preferred.size())));
        taken.addAll(picked);
        while (picked.size() < 4) {
            picked.add(picked.get(picked.size() - 1));
        }
        return picked;
    }

    private static SamplingPlan arrange(List<String> names, Map<String, List<Long>> sizes, Map<String, Limit> limits) {
        Map<String, List<Long>> levels = new LinkedHashMap<>();
        names.forEach(name -> levels.put(name, sizes.get(name).subList(0, 2)));
        List<Map<String, Long>> traces = grid(names, levels);
        if (!names.isEmpty()) {
            traces.add(point(names, name -> sizes.get(name).get(2)));
        }
        Set<Map<String, Long>> checks = new LinkedHashSet<>();
        checks.add(point(names, name -> limits.getOrDefault(name, DEFAULT_LIMIT).min()));
        checks.add(point(names, name -> sizes.get(name).get(3)));
        checks.add(point(
                names,
                name -> limits.containsKey(name) && !limits.get(name).isOpen()
                        ? limits.get(name).max()
                        : sizes.get(name).get(1)));
        Set<Map<String, Long>> untraced = new LinkedHashSet<>(checks);
        untraced.removeAll(traces);
        if (untraced.size() < MIN_CHECKS) {
            untraced.add(point(names, name -> another(limits.getOrDefault(name, DEFAULT_LIMIT), sizes.get(name))));
            untraced.removeAll(traces);
        }
        return new SamplingPlan(
                names, levels, List.copyOf(traces), List.copyOf(untraced.isEmpty() ? checks : untraced));
    }

    /** The largest unused size within the maximum distance; a used one if there is no other. */
    private static long another(Limit limit, List<Long> taken) {
        return LongStream.rangeClosed(limit.min(), Math.min(limit.max(), limit.min() + MAX_DISTANCE))
                .filter(size -> !taken.contains(size))
                .max()
                .orElse(taken.get(0));
    }

    static List<Map<String, Long>> grid(List<String> names, Map<String, List<Long>> levels) {
        List<Map<String, Long>> points = new ArrayList<>(List.of(Map.of()));
        for (String name : names) {
            List<Map<String, Long>> more = new ArrayList<>();
            for (long size : levels.get(name)) {
                for (Map<String, Long> point : points) {
                    Map<String, Long> longer = new LinkedHashMap<>(point);
                    longer.put(name, size);
                    more.add(longer);
                }
            }
            points = more;
        }
        return points;
    }

    /**
     * A plan that also finds squares of dimensions and expressions in strided sizes, at the cost of more traces; empty
     * if there are too many dimensions or the limits leave too few sizes.
     *
     * @param isLong whether this plan is a {@linkplain #longer longer} one, whose sizes remain large
     */
    Optional<SamplingPlan> finer(Map<String, Limit> limits, boolean isLong) {
        if (dimensions.isEmpty() || dimensions.size() > MAX_FINE_DIMENSIONS) {
            return Optional.empty();
        }
        Map<String, Long> test = traces.get(traces.size() - 1);
        Map<String, List<Long>> more = new LinkedHashMap<>();
        Map<String, List<Long>> others = new LinkedHashMap<>();
        for (String name : dimensions) {
            Limit limit = limits.getOrDefault(name, DEFAULT_LIMIT);
            Set<Long> taken = new TreeSet<>(levels.get(name));
            taken.addAll(List.of(1L, test.get(name)));
            checks.forEach(check -> taken.add(check.get(name)));
            List<Long> free = LongStream.rangeClosed(limit.min(), Math.min(limit.max(), limit.min() + MAX_DISTANCE))
                    .filter(size -> !taken.contains(size) && (!isLong || size >= MIN_LONG))
                    .boxed()
                    .toList();
            if (free.isEmpty()) {
                return Optional.empty();
            }
            more.put(name, List.of(levels.get(name).get(0), levels.get(name).get(1), free.get(0)));
            others.put(name, free.size() > 1 ? free.subList(1, free.size()) : List.of(test.get(name)));
        }
        Set<Map<String, Long>> points = new LinkedHashSet<>(grid(dimensions, more));
        points.add(test);
        for (int i = 0; i < EXTRA_TESTS; i++) {
            int index = i;
            // Spread over the range, differently for each dimension, so that equal numbers are not a coincidence.
            points.add(point(dimensions, name -> {
                int last = others.get(name).size() - 1;
                return others.get(name)
                        .get((last - index * last / (EXTRA_TESTS - 1) + 2 * dimensions.indexOf(name)) % (last + 1));
            }));
        }
        return Optional.of(new SamplingPlan(dimensions, more, List.copyOf(points), checks));
    }

    /**
     * The sizes at which a graph is to be run: those of the checks, smaller where that would take too long, and large
     * ones of each dimension and of all together, as far as they are proven and cheap.
     *
     * @param cost the multiplications that a run takes at given sizes
     * @param values the values that go in and come out
     */
    List<Map<String, Long>> runs(
            ProvenSizes proven, ToDoubleFunction<Map<String, Long>> cost, ToDoubleFunction<Map<String, Long>> values) {
        Set<Map<String, Long>> runs = new LinkedHashSet<>();
        for (Map<String, Long> check : checks) {
            Map<String, Long> sizes = check;
            Map<String, Long> smaller = halved(sizes);
            while ((cost.applyAsDouble(sizes) > MAX_COST || values.applyAsDouble(sizes) > MAX_VALUES)
                    && !smaller.equals(sizes)) {
                sizes = smaller;
                smaller = halved(sizes);
            }
            runs.add(sizes);
        }
        for (int i = 0; i <= dimensions.size() && dimensions.size() > 0; i++) {
            List<String> grown = i < dimensions.size() ? dimensions.subList(i, i + 1) : dimensions;
            Map<String, Long> large = traces.get(0);
            for (long size = 2; size <= MAX_RUN; size *= 2) {
                long current = size;
                Map<String, Long> next = point(
                        dimensions,
                        name -> grown.contains(name)
                                ? Math.min(
                                        Math.max(current, traces.get(0).get(name)),
                                        proven.ranges().get(name).max())
                                : traces.get(0).get(name));
                if (cost.applyAsDouble(next) <= CHEAP) {
                    large = next;
                }
            }
            runs.add(large);
        }
        // Traced sizes say little that is new, but two sizes are better than one where that takes little time.
        runs.removeIf(sizes -> traces.contains(sizes) && runs.size() > (cost.applyAsDouble(sizes) <= QUICK ? 2 : 1));
        return List.copyOf(runs);
    }

    /** Half of each size, but not below the smallest traced one, unless it is smaller already. */
    private Map<String, Long> halved(Map<String, Long> sizes) {
        return point(
                dimensions,
                name -> Math.min(sizes.get(name), Math.max(traces.get(0).get(name), sizes.get(name) / 2)));
    }

    /** The largest traced size of each dimension. */
    Map<String, Long> largest() {
        return point(
                dimensions,
                name -> traces.stream()
                        .mapToLong(trace -> trace.get(name))
                        .max()
                        .orElseThrow());
    }

    /**
     * A plan that also traces on both sides of a size at which the block changes, and far above it.
     *
     * @param size the largest size before the change
     */
    SamplingPlan around(String dimension, long size, Map<String, Limit> limits) {
        Limit limit = limits.getOrDefault(dimension, Limit.from(1));
        Set<Map<String, Long>> points = new LinkedHashSet<>();
        for (long near : new long[] {size - 1, size, size + 1, size + 2, size + 3, 2 * size + 1, 3 * size + 2}) {
            if (near >= limit.min() && near <= limit.max(Prober.DEFAULT_MAX)) {
                points.add(with(traces.get(0), dimension, near));
            }
        }
        return withTraces(points);
    }

    /**
     * A plan that also traces around a size that all dimensions have when the block changes, with each of them on both
     * sides of it.
     *
     * @param size the largest size before the change
     */
    SamplingPlan aroundTogether(long size, Map<String, Limit> limits) {
        Map<String, List<Long>> sizes = new LinkedHashMap<>();
        for (String name : dimensions) {
            Limit limit = limits.getOrDefault(name, Limit.from(1));
            // Other sizes for each dimension, so that it is seen which one counts.
            long more = dimensions.indexOf(name) + 2L;
            sizes.put(
                    name,
                    LongStream.of(size - more, size + more, 2 * size + more)
                            .map(near -> Math.max(limit.min(), Math.min(near, limit.max(Prober.DEFAULT_MAX))))
                            .distinct()
                            .boxed()
                            .toList());
        }
        return withTraces(grid(dimensions, sizes));
    }

    /** A plan with test points at which each dimension is smaller than another one here and larger there. */
    SamplingPlan scattered(Map<String, Limit> limits) {
        Random random = new Random(SCATTERED);
        return withTraces(IntStream.range(0, SCATTERED)
                .mapToObj(i -> point(dimensions, name -> {
                    Limit limit = limits.getOrDefault(name, DEFAULT_LIMIT);
                    long range = Math.min(limit.max() - limit.min(), MAX_DISTANCE) + 1;
                    return limit.min() + random.nextInt((int) range);
                }))
                .toList());
    }

    /** A plan without the test points outside of a region, in which the grid is. */
    SamplingPlan within(SizeRegion region) {
        return new SamplingPlan(
                dimensions, levels, traces.stream().filter(region::contains).toList(), checks);
    }

    /** The index of the trace with the largest sizes. */
    int widest() {
        return IntStream.range(0, traces.size())
                .boxed()
                .max(Comparator.comparing(i ->
                        traces.get(i).values().stream().mapToLong(size -> size).sum()))
                .orElseThrow();
    }

    /** A plan that traces at further sizes, which test expressions but do not determine them. */
    SamplingPlan withTraces(Collection<Map<String, Long>> more) {
        Set<Map<String, Long>> points = new LinkedHashSet<>(traces);
        points.addAll(more);
        return new SamplingPlan(dimensions, levels, List.copyOf(points), checks);
    }

    /**
     * A plan of larger sizes, at which loops over a dimension run at least a few times; empty if the limits leave too
     * few of them.
     */
    Optional<SamplingPlan> longer(Map<String, Limit> limits) {
        Map<String, List<Long>> sizes = new LinkedHashMap<>();
        Set<Long> taken = new TreeSet<>();
        traces.forEach(trace -> taken.addAll(trace.values()));
        checks.forEach(check -> taken.addAll(check.values()));
        for (String name : dimensions) {
            Limit limit = limits.getOrDefault(name, DEFAULT_LIMIT);
            List<Long> free = LongStream.rangeClosed(
                            Math.max(limit.min(), MIN_LONG), Math.min(limit.max(), limit.min() + MAX_DISTANCE))
                    .filter(size -> !taken.contains(size))
                    .limit(LONG_SIZES)
                    .boxed()
                    .toList();
            if (free.size() < 2) {
                return Optional.empty();
            }
            List<Long> picked = new ArrayList<>(free);
            taken.addAll(picked);
            while (picked.size() < LONG_SIZES) {
                picked.add(picked.get(picked.size() - 1));
            }
            sizes.put(name, picked);
        }
        SamplingPlan plan = arrange(dimensions, sizes, limits);
        return Optional.of(new SamplingPlan(dimensions, plan.levels, plan.traces, checks));
    }

    /**
     * A plan in which the number of a loop's iteration is one more dimension, whose traces are iterations.
     *
     * @param iteration the dimension's name
     * @param times the number of iterations in each trace, at least 2
     */
    SamplingPlan withIterations(String iteration, int[] times) {
        int grid = gridSize();
        List<Long> numbers = LongStream.range(
                        0, Arrays.stream(times).limit(grid).min().orElseThrow())
                .limit(grid == 1 ? 2 : levels.get(dimensions.get(0)).size())
                .boxed()
                .toList();
        Set<Map<String, Long>> points = new LinkedHashSet<>();
        for (long number : numbers) {
            traces.subList(0, grid).forEach(trace -> points.add(with(trace, iteration, number)));
        }
        for (int i = 0; i < times.length; i++) {
            for (long number = 0; number < times[i]; number++) {
                points.add(with(traces.get(i), iteration, number));
            }
        }
        List<String> names = new ArrayList<>(dimensions);
        names.add(iteration);
        Map<String, List<Long>> more = new LinkedHashMap<>(levels);
        more.put(iteration, numbers);
        return new SamplingPlan(List.copyOf(names), more, List.copyOf(points), List.of());
    }

    private static Map<String, Long> with(Map<String, Long> sizes, String name, long size) {
        Map<String, Long> more = new LinkedHashMap<>(sizes);
        more.put(name, size);
        return more;
    }

    private int gridSize() {
        return dimensions.stream().mapToInt(name -> levels.get(name).size()).reduce(1, (a, b) -> a * b);
    }

    private static Map<String, Long> point(List<String> names, Function<String, Long> size) {
        Map<String, Long> point = new LinkedHashMap<>();
        names.forEach(name -> point.put(name, size.apply(name)));
        return point;
    }

    /** The sum of products that fits a number in each trace; unknown if none also fits the test points. */
    Size express(long[] values) {
        int grid = gridSize();
        Size size = Size.through(dimensions, levels, Arrays.copyOf(values, grid));
        for (int i = grid; i < values.length && size.isKnown(); i++) {
            if (size.at(traces.get(i)) != values[i]) {
                return Size.unknown();
            }
        }
        return size;
    }
}
