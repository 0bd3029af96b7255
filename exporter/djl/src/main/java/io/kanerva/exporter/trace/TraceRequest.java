package io.kanerva.exporter.trace;

import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import io.kanerva.exporter.trace.size.Size;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/**
 * A block, and the inputs and sizes for which it is traced: all, or a part of them in which it computes the same.
 *
 * @param inputs one per array of the forward's input list
 * @param limits sizes that dynamic dimensions may take, by name
 * @param stated dimensions whose limits are the user's
 * @param bound dimensions that the inputs do not have here, because they have one size only or that of another one
 * @param region sizes within the limits
 * @param near numbers near which the region may begin
 * @param divisions how often the sizes may still be divided, here and in the parts
 * @param isPart whether these are not all sizes
 */
record TraceRequest(
        Block block,
        List<InputSpec> inputs,
        Map<String, SamplingPlan.Limit> limits,
        Set<String> stated,
        Map<String, Size> bound,
        SizeRegion region,
        Set<Long> near,
        Sampler sampler,
        Statistics statistics,
        long probeBudget,
        AtomicInteger divisions,
        boolean isPart) {
    private static final int MAX_LISTED = 3;

    TraceRequest {
        inputs = List.copyOf(inputs);
        limits = Map.copyOf(limits);
        stated = Set.copyOf(stated);
        bound = Map.copyOf(bound);
    }

    /** Checks that a block and its inputs can be traced. */
    void require() {
        List<String> missing = block.getParameters().stream()
                .filter(pair -> !pair.getValue().isInitialized())
                .map(pair -> pair.getKey())
                .toList();
        if (!missing.isEmpty()) {
            String more = missing.size() > MAX_LISTED ? " and " + (missing.size() - MAX_LISTED) + " more" : "";
            throw new IllegalArgumentException("the block's parameters "
                    + missing.subList(0, Math.min(missing.size(), MAX_LISTED)) + more
                    + " have no values; initialise or load the block before exporting it");
        }
        Set<String> names = inputs.stream().map(InputSpec::name).collect(Collectors.toSet());
        if (inputs.isEmpty() || names.size() < inputs.size()) {
            throw new IllegalArgumentException("expected at least one input, each with its own name, found "
                    + inputs.stream().map(InputSpec::name).toList());
        }
    }

    /**
     * The sizes to trace.
     *
     * @throws ExportException if the region has too few sizes
     */
    SamplingPlan plan() {
        Set<Long> fixedSizes = new LinkedHashSet<>();
        for (Parameter parameter : block.getParameters().values()) {
            Arrays.stream(parameter.getArray().getShape().getShape()).forEach(fixedSizes::add);
        }
        SamplingPlan plan = SamplingPlan.of(inputs, limits, fixedSizes);
        return region.isAll()
                ? plan
                : RegionPlan.of(plan, region, limits, near)
                        .orElseThrow(() -> new ExportException(List.of(
                                "too few sizes of " + String.join(" and ", region.dimensions()) + " could be traced")));
    }

    SamplingPlan.Limit limit(String name) {
        return limits.getOrDefault(name, SamplingPlan.Limit.from(1));
    }

    /** The sizes within other limits. */
    TraceRequest within(Map<String, SamplingPlan.Limit> others) {
        return new TraceRequest(
                block,
                inputs,
                others,
                stated,
                bound,
                region,
                near,
                sampler,
                statistics,
                probeBudget,
                divisions,
                isPart);
    }

    /** The same sizes, of which those near some numbers may be traced, too. */
    TraceRequest near(Collection<Long> numbers) {
        Set<Long> all = new TreeSet<>(near);
        all.addAll(numbers);
        return new TraceRequest(
                block, inputs, limits, stated, bound, region, all, sampler, statistics, probeBudget, divisions, isPart);
    }

    /** The sizes within other limits of a dimension. */
    TraceRequest within(String name, long min, long max) {
        return min == max
                ? binding(name, Size.fixed(min), without(name))
                : part(inputs, limited(name, new SamplingPlan.Limit(min, max)), bound, region, near);
    }

    /** The sizes of a dimension that lack a number to a multiple of another one, divided by it and rounded up. */
    TraceRequest ofMultiples(String name, long divisor, long less) {
        Map<String, SamplingPlan.Limit> others = limits;
        if (limits.containsKey(name)) {
            SamplingPlan.Limit limit = limits.get(name);
            long max = limit.isOpen() ? SamplingPlan.Limit.OPEN : (limit.max() + less) / divisor;
            others = limited(name, new SamplingPlan.Limit((limit.min() + less + divisor - 1) / divisor, max));
        }
        return substituting(name, Size.named(name).times(divisor).plus(-less), others);
    }

    /** The sizes for which a test has an answer. */
    TraceRequest where(SizeQuestion test, boolean answer) {
        if (answer && test.areDimensions()) {
            return diagonal(test.left().toString(), test.right().toString());
        }
        Set<Long> numbers = new TreeSet<>(near);
        if (test.right().isFixed()) {
            numbers.add(test.right().value());
        }
        return part(inputs, limits, bound, region.where(test, answer), numbers);
    }

    /** The sizes that two dimensions have at the same time. */
    private TraceRequest diagonal(String name, String other) {
        SamplingPlan.Limit a = limit(name);
        SamplingPlan.Limit b = limit(other);
        Map<String, SamplingPlan.Limit> common = new HashMap<>(limits);
        common.remove(other);
        if (limits.containsKey(name) || limits.containsKey(other)) {
            long min = Math.max(a.min(), b.min());
            long max = Math.min(a.max(), b.max());
            if (min >= max) {
                throw new ExportException(List.of(name + " and " + other + " have no two sizes in common"));
            }
            common.put(name, new SamplingPlan.Limit(min, max));
        }
        return binding(other, Size.named(name), common);
    }

    /** Without a dimension, which is another size. */
    private TraceRequest binding(String name, Size value, Map<String, SamplingPlan.Limit> others) {
        TraceRequest request = substituting(name, value, others);
        Map<String, Size> all = new HashMap<>(request.bound);
        all.put(name, value);
        return part(request.inputs, others, all, request.region, near);
    }

    private TraceRequest substituting(String name, Size value, Map<String, SamplingPlan.Limit> others) {
        Map<String, Size> sizes = new HashMap<>(bound);
        sizes.replaceAll((dimension, size) -> size.with(name, value));
        List<InputSpec> specs =
                inputs.stream().map(input -> input.with(name, value)).toList();
        return part(specs, others, sizes, region.with(name, value), near);
    }

    private Map<String, SamplingPlan.Limit> limited(String name, SamplingPlan.Limit limit) {
        Map<String, SamplingPlan.Limit> others = new HashMap<>(limits);
        others.put(name, limit);
        return others;
    }

    private Map<String, SamplingPlan.Limit> without(String name) {
        Map<String, SamplingPlan.Limit> others = new HashMap<>(limits);
        others.remove(name);
        return others;
    }

    private TraceRequest part(
            List<InputSpec> specs,
            Map<String, SamplingPlan.Limit> within,
            Map<String, Size> others,
            SizeRegion sizes,
            Set<Long> numbers) {
        return new TraceRequest(
                block,
                specs,
                within,
                stated,
                others,
                sizes,
                numbers,
                sampler,
                statistics,
                probeBudget,
                divisions,
                true);
    }
}
