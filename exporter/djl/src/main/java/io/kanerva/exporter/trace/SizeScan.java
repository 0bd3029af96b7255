package io.kanerva.exporter.trace;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Looks for the sizes of a dimension at which a block's operations change, or its numbers, one size after the other
 * from the smallest on. A few changes are thresholds; more are a loop, or a number that follows the size.
 */
final class SizeScan {
    /** The number of sizes that are compared. */
    private static final int SIZES = 33;

    /** Numbers by which a size may be divided for a remainder that decides. */
    private static final int[] DIVISORS = {2, 3, 4, 8};

    private final SamplingPlan plan;
    private final Map<String, SamplingPlan.Limit> limits;
    private final Function<Map<String, Long>, Optional<Tape>> block;
    private final boolean comparesNumbers;

    /**
     * Prepares a scan.
     *
     * @param plan the sizes that were traced
     * @param limits sizes that dynamic dimensions may take, by name
     * @param block records the block at given sizes; empty if it cannot be recorded there
     * @param comparesNumbers whether another number is a change, too
     */
    SizeScan(
            SamplingPlan plan,
            Map<String, SamplingPlan.Limit> limits,
            Function<Map<String, Long>, Optional<Tape>> block,
            boolean comparesNumbers) {
        this.plan = plan;
        this.limits = limits;
        this.block = block;
        this.comparesNumbers = comparesNumbers;
    }

    /** The first threshold of the first dimension that has some; empty if no dimension has one, or only too many. */
    Optional<Prober.Threshold> first() {
        for (String name : plan.dimensions()) {
            List<Long> changes = changes(name);
            if (!changes.isEmpty() && changes.size() < SizeRanges.MAX_RANGES) {
                return Optional.of(new Prober.Threshold(name, changes.get(0)));
            }
        }
        return Optional.empty();
    }

    /**
     * A dimension of which only the remainder by a small number decides what the block runs.
     *
     * @param dimension its name
     * @param divisor the number
     */
    record Period(String dimension, int divisor) {}

    /** The first dimension of which only the remainder by a small number decides; empty if there is none. */
    Optional<Period> period() {
        for (String name : plan.dimensions()) {
            long first = limits.getOrDefault(name, SamplingPlan.Limit.from(1)).min();
            List<Tape> tapes = new ArrayList<>();
            for (long size = first; size < first + SIZES; size++) {
                at(name, size).ifPresent(tapes::add);
            }
            for (int divisor : DIVISORS) {
                if (tapes.size() == SIZES && repeats(tapes, divisor)) {
                    return Optional.of(new Period(name, divisor));
                }
            }
        }
        return Optional.empty();
    }

    private boolean repeats(List<Tape> tapes, int divisor) {
        boolean areAllAlike = true;
        for (int i = 0; i < tapes.size(); i++) {
            if (!areAlike(tapes.get(i % divisor), tapes.get(i))) {
                return false;
            }
            areAllAlike &= areAlike(tapes.get(0), tapes.get(i));
        }
        return !areAllAlike;
    }

    private Optional<Tape> at(String name, long size) {
        Map<String, Long> sizes = new LinkedHashMap<>(plan.traces().get(0));
        sizes.put(name, size);
        return block.apply(sizes);
    }

    /** The sizes before a change, with the other dimensions at their smallest traced sizes. */
    private List<Long> changes(String name) {
        SamplingPlan.Limit limit = limits.getOrDefault(name, SamplingPlan.Limit.from(1));
        List<Long> changes = new ArrayList<>();
        Tape before = null;
        long last = Math.min(limit.min() + SIZES - 1, limit.max());
        for (long size = limit.min(); size <= last && changes.size() < SizeRanges.MAX_RANGES; size++) {
            Tape tape = at(name, size).orElse(null);
            if (tape != null && before != null && !areAlike(before, tape)) {
                changes.add(size - 1);
            }
            before = tape == null ? before : tape;
        }
        return changes;
    }

    private boolean areAlike(Tape a, Tape b) {
        return ids(a).equals(ids(b))
                && (comparesNumbers
                        ? a.difference(b).isEmpty()
                        : TapeComparison.firstDifference(a.steps(), b.steps()) < 0);
    }

    private static List<Integer> ids(Tape tape) {
        return tape.outputs().stream().map(TapeValue::id).toList();
    }
}
