package io.kanerva.exporter.trace;

import io.kanerva.exporter.trace.size.Size;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Which sizes of the dimensions a block is traced for, within their limits.
 *
 * @param dimensions on whose sizes that depends
 * @param sizes whether sizes of all dimensions belong to them
 */
record SizeRegion(Set<String> dimensions, Predicate<Map<String, Long>> sizes) {
    static final SizeRegion ALL = new SizeRegion(Set.of(), sizes -> true);

    boolean isAll() {
        return dimensions.isEmpty();
    }

    boolean contains(Map<String, Long> point) {
        return sizes.test(point);
    }

    /** The part of it in which a test has an answer. */
    SizeRegion where(SizeQuestion test, boolean answer) {
        Set<String> all = new TreeSet<>(dimensions);
        all.addAll(test.dimensions());
        return new SizeRegion(all, sizes.and(point -> test.holds(point) == answer));
    }

    /** The same sizes where a dimension is another size. */
    SizeRegion with(String name, Size value) {
        if (!dimensions.contains(name)) {
            return this;
        }
        Set<String> others =
                dimensions.stream().filter(d -> !d.equals(name)).collect(Collectors.toCollection(TreeSet::new));
        value.dimensions().forEach(others::add);
        return new SizeRegion(others, point -> {
            Map<String, Long> whole = new LinkedHashMap<>(point);
            whole.put(name, value.at(point));
            return sizes.test(whole);
        });
    }
}
