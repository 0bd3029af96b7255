package io.kanerva.exporter.trace;

import io.kanerva.exporter.trace.size.Size;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A block that computes something else from a size on, traced and proven on both sides of it.
 *
 * @param threshold where its computation changes
 * @param upTo for the sizes up to the threshold
 * @param above for larger sizes
 */
record SizeRanges(SizeChange.Threshold threshold, Tracer upTo, Tracer above) implements DividedSizes {
    /** The most ranges of sizes with a program each: a graph has one subgraph per range. */
    static final int MAX_RANGES = 8;

    /**
     * Traces and proves a block on both sides.
     *
     * @throws ExportException if that fails on one side, or the results are not of the same kind on both
     */
    static SizeRanges of(SizeChange.Threshold threshold, Tracer upTo, Tracer above) {
        // The larger sizes first: where the block changes more and more often, that shows soon.
        above.traceAndProve();
        upTo.traceAndProve();
        return new SizeRanges(threshold, upTo, above);
    }

    @Override
    public Programs.Split programs() {
        SizeQuestion test = SizeQuestion.larger(Size.named(threshold.dimension()), Size.fixed(threshold.largest()));
        return new Programs.Split(test, upTo.programs(), above.programs());
    }

    @Override
    public List<Map<String, Long>> runs() {
        Set<Map<String, Long>> runs = new LinkedHashSet<>(upTo.runs());
        runs.addAll(above.runs());
        return List.copyOf(runs);
    }

    @Override
    public List<String> assumptions() {
        return Stream.concat(upTo.assumptions().stream(), above.assumptions().stream())
                .distinct()
                .toList();
    }

    /** The sizes that are proven on both sides, without a gap between them; else those of one side alone. */
    @Override
    public ProvenSizes proven() {
        String name = threshold.dimension();
        ProvenSizes small = upTo.proven();
        ProvenSizes large = above.proven();
        int comparisons = small.comparisons() + large.comparisons();
        List<String> remarks = new ArrayList<>(small.remarks());
        Optional<Map<String, SamplingPlan.Limit>> others = common(small, large);
        boolean isGap = upTo.largest(name) < threshold.largest() || above.smallest(name) > threshold.largest() + 1;
        if (isGap || others.isEmpty()) {
            remarks.add("the block computes something else with " + name + " above " + threshold.largest()
                    + "; the ranges that were proven on both sides do not meet");
            return new ProvenSizes(
                    small.ranges().containsKey(name) ? small.ranges() : large.ranges(), comparisons, remarks);
        }
        large.remarks().stream().filter(remark -> !remarks.contains(remark)).forEach(remarks::add);
        Map<String, SamplingPlan.Limit> ranges = others.get();
        ranges.put(name, new SamplingPlan.Limit(upTo.smallest(name), above.largest(name)));
        return new ProvenSizes(ranges, comparisons, remarks);
    }

    /** The sizes of the other dimensions that are proven on both sides; empty if there are none of one. */
    private Optional<Map<String, SamplingPlan.Limit>> common(ProvenSizes small, ProvenSizes large) {
        Map<String, SamplingPlan.Limit> common = new TreeMap<>();
        for (String name : small.ranges().keySet()) {
            if (name.equals(threshold.dimension())) {
                continue;
            }
            SamplingPlan.Limit a = small.ranges().get(name);
            SamplingPlan.Limit b = large.ranges().get(name);
            long min = Math.max(a.min(), b.min());
            long max = Math.min(a.max(), b.max());
            if (min > max || max < 2) {
                return Optional.empty();
            }
            common.put(name, new SamplingPlan.Limit(min, max));
        }
        return Optional.of(common);
    }
}
