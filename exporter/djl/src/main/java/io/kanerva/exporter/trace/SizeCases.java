package io.kanerva.exporter.trace;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * A block for which the answer to a question about sizes decides what it computes, traced and proven for both answers.
 *
 * @param request all sizes
 * @param otherwise for sizes for which the test does not hold
 * @param then for those for which it holds
 */
record SizeCases(TraceRequest request, SizeQuestion test, Tracer otherwise, Tracer then) implements DividedSizes {
    /**
     * Traces and proves a block for both answers.
     *
     * @throws ExportException if that fails for one, or the results are not of the same kind for both
     */
    static SizeCases of(TraceRequest request, SizeQuestion test, Tracer otherwise, Tracer then) {
        then.traceAndProve();
        otherwise.traceAndProve();
        SizeCases cases = new SizeCases(request, test, otherwise, then);
        cases.proven();
        return cases;
    }

    @Override
    public Programs programs() {
        return new Programs.Split(test, otherwise.programs(), then.programs());
    }

    @Override
    public List<Map<String, Long>> runs() {
        Set<Map<String, Long>> runs = new LinkedHashSet<>(otherwise.runs());
        runs.addAll(then.runs());
        return List.copyOf(runs);
    }

    @Override
    public List<String> assumptions() {
        return Stream.concat(otherwise.assumptions().stream(), then.assumptions().stream())
                .distinct()
                .toList();
    }

    /** The sizes that are proven for both answers. */
    @Override
    public ProvenSizes proven() {
        Set<String> names = new TreeSet<>(otherwise.proven().ranges().keySet());
        names.addAll(then.proven().ranges().keySet());
        Map<String, SamplingPlan.Limit> ranges = new TreeMap<>();
        for (String name : names) {
            SamplingPlan.Limit yes = ofEqual(name);
            long min = Math.max(otherwise.smallest(name), yes.min());
            long max = Math.min(otherwise.largest(name), yes.max());
            if (min > max || max < 2) {
                throw new ExportException(List.of("the block computes something else where " + test
                        + ", and no sizes of " + name + " were proven for both cases"));
            }
            ranges.put(name, new SamplingPlan.Limit(min, max));
        }
        Set<String> remarks = new LinkedHashSet<>(otherwise.proven().remarks());
        remarks.addAll(then.proven().remarks());
        return new ProvenSizes(
                ranges, otherwise.proven().comparisons() + then.proven().comparisons(), new ArrayList<>(remarks));
    }

    /** The sizes of a dimension that are proven if the test holds; sizes that another one cannot have are no matter. */
    private SamplingPlan.Limit ofEqual(String name) {
        SamplingPlan.Limit proven = new SamplingPlan.Limit(then.smallest(name), then.largest(name));
        SamplingPlan.Limit within = request.limit(name);
        if (!test.areDimensions() || !test.dimensions().contains(name)) {
            return proven;
        }
        long smallest = test.dimensions().stream()
                .mapToLong(d -> request.limit(d).min())
                .max()
                .orElseThrow();
        long largest = test.dimensions().stream()
                .mapToLong(d -> request.limit(d).max(Prober.DEFAULT_MAX))
                .min()
                .orElseThrow();
        return new SamplingPlan.Limit(
                proven.min() <= smallest ? within.min() : proven.min(),
                proven.max() >= largest ? within.max(Prober.DEFAULT_MAX) : proven.max());
    }
}
