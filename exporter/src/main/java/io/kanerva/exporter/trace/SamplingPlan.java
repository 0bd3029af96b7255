package io.kanerva.exporter.trace;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.LongStream;

/**
 * At which sizes of the dynamic dimensions a block is traced, and at which its export is checked.
 *
 * <p>Traces: all corners of a box (which fixes a multilinear expression) and one point outside of it (which tests the
 * expression). As far as the limits allow, no size is 1 and none equals another dimension of the traced block, so that equal
 * numbers mean equal dimensions. Checks: the smallest sizes, the largest ones of limited dimensions, and a point in
 * between; none of them is traced, unless the limits leave no others.
 *
 * @param dimensions names of the dynamic dimensions in order of appearance
 * @param traces 2^d corners (bit i of the index: dimension i is at its high size), then the test point
 * @param checks sizes at which the export is compared with the block
 */
public record SamplingPlan(List<String> dimensions, List<Map<String, Long>> traces, List<Map<String, Long>> checks) {
    private static final int MOST_DIMENSIONS = 5;
    /** How far above the smallest size a dimension is traced at most: time and memory grow with it. */
    private static final int FAR = 32;

    /**
     * The sizes a dynamic dimension may take, both ends included.
     *
     * @param smallest at least 1
     * @param largest at least 2
     */
    public record Limit(long smallest, long largest) {
        public Limit {
            if (smallest < 1 || largest < smallest || largest < 2) {
                throw new IllegalArgumentException("a dynamic dimension needs 1 <= smallest <= largest and largest >= 2, found "
                        + smallest + " and " + largest);
            }
        }
    }

    /** For dimensions without a limit of their own. */
    public static final Limit DEFAULT_LIMIT = new Limit(1, 24);

    static SamplingPlan of(List<InputSpec> inputs, Map<String, Limit> limits, Set<Long> fixedSizes) {
        Set<String> names = new LinkedHashSet<>();
        Set<Long> taken = new TreeSet<>(fixedSizes);
        for (InputSpec input : inputs) {
            for (Dimension dimension : input.shape()) {
                if (dimension.isNamed()) {
                    names.add(dimension.name());
                } else {
                    taken.add(dimension.size());
                }
            }
        }
        List<String> unknown = limits.keySet().stream().filter(name -> !names.contains(name)).toList();
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException("limits are given for " + unknown + ", but the inputs' dimensions are " + names);
        }
        if (names.size() > MOST_DIMENSIONS) {
            throw new IllegalArgumentException("at most " + MOST_DIMENSIONS + " dynamic dimensions, found " + names);
        }
        Map<String, List<Long>> sizes = new LinkedHashMap<>();
        for (String name : names) {
            sizes.put(name, pick(name, limits.getOrDefault(name, DEFAULT_LIMIT), taken));
        }
        return arrange(List.copyOf(names), sizes, limits);
    }

    /**
     * Low, high, test and check size of a dimension. The test size lies far off where a limit allows: what strides make of
     * neighbouring sizes is often the same.
     */
    private static List<Long> pick(String name, Limit limit, Set<Long> taken) {
        List<Long> sizes = LongStream.rangeClosed(limit.smallest(), limit.largest()).boxed().toList();
        if (sizes.size() < 2) {
            throw new IllegalArgumentException("dimension " + name + " can only be " + limit.largest()
                    + "; make it a fixed dimension");
        }
        List<Long> preferred = new ArrayList<>(sizes);
        preferred.removeIf(size -> size == 1 || taken.contains(size));
        sizes.stream().filter(size -> size != 1 && taken.contains(size)).forEach(preferred::add);
        if (sizes.get(0) == 1) {
            preferred.add(1L);
        }
        if (limit != DEFAULT_LIMIT && preferred.size() > 4) {
            preferred.stream().filter(size -> size <= limit.smallest() + FAR && !taken.contains(size)).max(Long::compare)
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
        List<Map<String, Long>> traces = new ArrayList<>();
        for (int corner = 0; corner < 1 << names.size(); corner++) {
            Map<String, Long> point = new LinkedHashMap<>();
            for (int i = 0; i < names.size(); i++) {
                point.put(names.get(i), sizes.get(names.get(i)).get(corner >> i & 1));
            }
            traces.add(point);
        }
        if (!names.isEmpty()) {
            traces.add(point(names, name -> sizes.get(name).get(2)));
        }
        Set<Map<String, Long>> checks = new LinkedHashSet<>();
        checks.add(point(names, name -> limits.getOrDefault(name, DEFAULT_LIMIT).smallest()));
        checks.add(point(names, name -> sizes.get(name).get(3)));
        checks.add(point(names, name -> limits.containsKey(name) ? limits.get(name).largest() : sizes.get(name).get(1)));
        List<Map<String, Long>> untraced = checks.stream().filter(point -> !traces.contains(point)).toList();
        return new SamplingPlan(names, List.copyOf(traces), untraced.isEmpty() ? List.copyOf(checks) : untraced);
    }

    private static Map<String, Long> point(List<String> names, Function<String, Long> size) {
        Map<String, Long> point = new LinkedHashMap<>();
        names.forEach(name -> point.put(name, size.apply(name)));
        return point;
    }

    /** The expression through a number seen in each trace; unknown if there is none that also meets the test point. */
    Size express(long[] values) {
        Map<String, Long> low = traces.get(0);
        Map<String, Long> high = traces.get((1 << dimensions.size()) - 1);
        Size size = Size.through(dimensions, low, high, Arrays.copyOf(values, 1 << dimensions.size()));
        boolean meets = size.isKnown() && size.at(traces.get(traces.size() - 1)) == values[values.length - 1];
        return meets ? size : Size.unknown();
    }
}
