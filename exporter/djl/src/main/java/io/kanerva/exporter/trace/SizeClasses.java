package io.kanerva.exporter.trace;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A block whose operations depend on the remainder of a size, such as one that pads odd heights, traced and proven for
 * each remainder.
 *
 * @param period what decides, and by which number it is divided
 * @param tracers the one with index i has its inputs declared with a size of n d - i in place of d, where n is the
 *     period and d is at least 1
 */
record SizeClasses(SizeScan.Period period, List<Tracer> tracers) implements DividedSizes {
    /**
     * Traces and proves a block for each remainder.
     *
     * @throws ExportException if that fails for one, or the results are not of the same kind for all
     */
    static SizeClasses of(SizeScan.Period period, List<Tracer> tracers) {
        tracers.forEach(Tracer::traceAndProve);
        return new SizeClasses(period, List.copyOf(tracers));
    }

    @Override
    public Programs programs() {
        return new Programs.Remainders(
                period.dimension(),
                period.divisor(),
                0,
                tracers.stream().map(Tracer::programs).toList());
    }

    @Override
    public List<Map<String, Long>> runs() {
        Set<Map<String, Long>> runs = new LinkedHashSet<>();
        for (int i = 0; i < tracers.size(); i++) {
            int less = i;
            tracers.get(i).runs().forEach(run -> {
                Map<String, Long> sizes = new LinkedHashMap<>(run);
                sizes.replace(period.dimension(), period.divisor() * run.get(period.dimension()) - less);
                runs.add(sizes);
            });
        }
        return List.copyOf(runs);
    }

    @Override
    public List<String> assumptions() {
        return tracers.stream()
                .flatMap(tracer -> tracer.assumptions().stream())
                .distinct()
                .toList();
    }

    /** The sizes that are proven whatever the remainder. */
    @Override
    public ProvenSizes proven() {
        int comparisons = 0;
        Set<String> remarks = new LinkedHashSet<>();
        Map<String, SamplingPlan.Limit> ranges = new TreeMap<>();
        for (String name : new TreeSet<>(tracers.get(0).proven().ranges().keySet())) {
            boolean isDivided = name.equals(period.dimension());
            long min = 1;
            long max = Long.MAX_VALUE;
            for (int i = 0; i < tracers.size(); i++) {
                SamplingPlan.Limit range = tracers.get(i).proven().ranges().get(name);
                // One size before the smallest and one after the largest belong to another remainder.
                long divisor = period.divisor();
                min = Math.max(min, isDivided ? divisor * (range.min() - 1) - i + 1 : range.min());
                max = Math.min(max, isDivided ? divisor * (range.max() + 1) - i - 1 : range.max());
            }
            ranges.put(name, new SamplingPlan.Limit(min, max));
        }
        for (Tracer tracer : tracers) {
            comparisons += tracer.proven().comparisons();
            remarks.addAll(tracer.proven().remarks());
        }
        return new ProvenSizes(ranges, comparisons, new ArrayList<>(remarks));
    }
}
