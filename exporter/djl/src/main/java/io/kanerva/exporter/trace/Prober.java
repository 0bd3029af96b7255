package io.kanerva.exporter.trace;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;

/** Searches for sizes of the dynamic dimensions at which a block's computation is not the program's. */
final class Prober {
    /** The largest size of a dimension without a limit at which the block is compared. */
    static final long DEFAULT_MAX = 2048;

    private static final int MAX_STRIDE = 64;

    private final SamplingPlan plan;
    /** Dimensions whose limits are the user's, so that the block must run at all sizes within them. */
    private final Set<String> stated;

    private final ProbedSizes sizes;
    private final BooleanSupplier isSpent;
    private final List<String> remarks = new ArrayList<>();

    /**
     * Prepares a search.
     *
     * @param plan the sizes that were traced
     * @param stated dimensions within whose limits the block must run
     * @param sizes compares the block with the program
     * @param isSpent whether no more sizes should be tried, except to locate a difference
     */
    Prober(SamplingPlan plan, Set<String> stated, ProbedSizes sizes, BooleanSupplier isSpent) {
        this.plan = plan;
        this.stated = stated;
        this.sizes = sizes;
        this.isSpent = isSpent;
    }

    /**
     * Compares the block with the program, until the budget ends or a difference is found.
     *
     * @param numbers sizes that are worth a try
     * @param isCheap whether a recording costs the same at all sizes; if not, all dimensions grow together only
     * @throws SizeChange naming the first size at which the block differs, and the limit that excludes it
     */
    ProvenSizes search(Collection<Long> numbers, boolean isCheap) {
        if (isCheap) {
            // First those whose size alone decides, where a region has the others follow it.
            plan.dimensions().stream()
                    .sorted(Comparator.comparing(name -> !sizes.isFree(name, sizes.high(name))))
                    .forEach(name -> List.of(sizes.high(name), sizes.low(name)).forEach(end -> reach(name, end)));
        }
        if (plan.dimensions().size() > 1 || !isCheap) {
            reachTogether();
        }
        if (!isCheap) {
            plan.dimensions().forEach(name -> reach(name, sizes.low(name)));
        }
        tryEqualPairs();
        for (String name : plan.dimensions()) {
            ladder(sizes.low(name), sizes.high(name)).forEach(size -> tryAt(name, size));
        }
        if (plan.dimensions().size() > 1) {
            ladder(1, sizes.largest()).forEach(this::tryTogether);
        }
        if (sizes.isPart()) {
            doublings(1, sizes.largest()).forEach(this::tryApart);
        }
        for (long number : new TreeSet<>(numbers)) {
            for (long size = number - 1; size <= number + 1; size++) {
                for (String name : plan.dimensions()) {
                    tryAt(name, size);
                }
            }
        }
        fill();
        return new ProvenSizes(sizes.ranges(), sizes.same(), remarks);
    }

    /** Doublings and their neighbours within a range, and its ends. */
    private static TreeSet<Long> ladder(long low, long high) {
        TreeSet<Long> ladder = doublings(low, high);
        for (long power : List.copyOf(ladder)) {
            ladder.add(Math.max(low, power - 1));
            ladder.add(Math.min(high, power + 1));
        }
        return ladder;
    }

    private static TreeSet<Long> doublings(long low, long high) {
        TreeSet<Long> doublings = new TreeSet<>(List.of(low, high));
        for (long power = 1; power <= high; power *= 2) {
            if (power >= low) {
                doublings.add(power);
            }
        }
        return doublings;
    }

    /** Compares the end of a dimension; where it differs, the sizes before. */
    private void reach(String name, long end) {
        if (kindAt(name, end) == Outcome.Kind.SAME) {
            return;
        }
        TreeSet<Long> same = sizes.sizesOf(name, Outcome.Kind.SAME);
        long good = end < sizes.base().get(name) ? same.first() : same.last();
        long change = 0;
        TreeSet<Long> steps = doublings(Math.min(good, end), Math.max(good, end));
        for (long size : end < good ? steps.descendingSet() : steps) {
            Outcome.Kind kind = kindAt(name, size);
            if (kind == Outcome.Kind.SAME && change == 0) {
                good = size;
            } else if (kind == Outcome.Kind.DIFFERENT || kind == Outcome.Kind.FAILS) {
                change = change == 0 ? size : change;
            } else if (change == 0) {
                break;
            }
        }
        if (change != 0) {
            settle(name, good, change);
        } else if (end > good) {
            sizes.endAt(name, good);
            remarks.add(name + " was compared up to " + good + ", where the budget for comparisons ended");
        } else {
            sizes.startAt(name, good);
            remarks.add(name + " was compared from " + good + " on, where the budget for comparisons ended");
        }
    }

    private Outcome.Kind kindAt(String name, long size) {
        return sizes.at(sizes.with(name, size)).kind();
    }

    private void tryAt(String name, long size) {
        boolean isTried = size >= sizes.low(name) && size <= sizes.high(name) && !isSpent.getAsBoolean();
        if (isTried && sizes.isChanged(sizes.with(name, size))) {
            settle(name, sizes.nearestSame(name, size), size);
        }
    }

    /**
     * Finds the size at which the block changes. A dimension without a limit ends where the block itself fails, and in
     * a part of the sizes, which a user cannot limit, begins after that; every other change is an error.
     */
    private void settle(String name, long same, long other) {
        long good = same;
        long bad = other;
        while (Math.abs(bad - good) > 1) {
            long middle = (good + bad) / 2;
            Outcome.Kind kind = kindAt(name, middle);
            if (kind == Outcome.Kind.NOT_KNOWN) {
                break;
            }
            if (kind == Outcome.Kind.SAME) {
                good = middle;
            } else {
                bad = middle;
            }
        }
        Map<String, Long> place = sizes.with(name, bad);
        boolean isEnd = sizes.at(place).kind() == Outcome.Kind.FAILS && !stated.contains(name);
        if (isEnd && bad < good && sizes.isPart()) {
            sizes.startAt(name, good);
            remarks.add(name + " starts at " + good + ", because with " + place + " "
                    + sizes.at(place).text());
            return;
        }
        if (isEnd && bad > good) {
            // Beyond sizes at which the block fails, it may run again, and compute something else.
            TreeSet<Long> others = sizes.sizesOf(name, Outcome.Kind.DIFFERENT);
            if (others.higher(good) == null) {
                sizes.endAt(name, good);
                remarks.add(name + " ends at " + good + ", because with " + place + " "
                        + sizes.at(place).text());
                return;
            }
            place = sizes.with(name, others.higher(good));
        }
        Map<String, SamplingPlan.Limit> remedy = sizes.ranges();
        remedy.put(
                name,
                bad > good
                        ? new SamplingPlan.Limit(sizes.low(name), Math.max(good, 2))
                        : new SamplingPlan.Limit(good, Math.max(good, sizes.high(name))));
        // Between the two, there may be sizes outside the region only.
        Map<String, Long> before = sizes.with(name, sizes.contains(sizes.with(name, good)) ? good : same);
        boolean isThreshold =
                sizes.at(place).kind() == Outcome.Kind.DIFFERENT && kindAt(name, good) == Outcome.Kind.SAME;
        throw change(
                before,
                place,
                sizes.shrunk(remedy),
                isThreshold ? Optional.of(new SizeChange.Threshold(name, Math.min(good, bad))) : Optional.empty(),
                0);
    }

    /** Compares the largest sizes of all dimensions together; where they differ, the sizes before. */
    private void reachTogether() {
        if (sizes.at(sizes.corner(sizes.largest())).kind() == Outcome.Kind.SAME) {
            return;
        }
        long good = plan.traces().stream()
                .mapToLong(trace ->
                        trace.values().stream().mapToLong(Long::longValue).min().orElseThrow())
                .max()
                .orElse(0);
        for (long size : doublings(good + 1, Math.max(good + 1, sizes.largest()))) {
            Outcome.Kind kind = sizes.at(sizes.corner(size)).kind();
            if (kind == Outcome.Kind.NOT_KNOWN) {
                shrink(good, "the budget for comparisons of all dimensions together ended there");
                return;
            }
            if (kind == Outcome.Kind.DIFFERENT || kind == Outcome.Kind.FAILS) {
                settleTogether(good, size);
                return;
            }
            good = size;
        }
    }

    /** Compares two dimensions of equal size, the others at their smallest traced ones. */
    private void tryEqualPairs() {
        List<String> names = plan.dimensions();
        for (int i = 0; i < names.size(); i++) {
            for (int j = i + 1; j < names.size(); j++) {
                Map<String, Long> equal = new LinkedHashMap<>(sizes.base());
                long size = Math.max(equal.get(names.get(i)), equal.get(names.get(j)));
                if (size <= Math.min(sizes.high(names.get(i)), sizes.high(names.get(j)))) {
                    equal.put(names.get(i), size);
                    equal.put(names.get(j), size);
                    requireSame(equal);
                }
            }
        }
    }

    /** Compares with one dimension smaller than the others: in a region, sizes of all together may be outside. */
    private void tryApart(long size) {
        for (String name : plan.dimensions()) {
            for (long smaller : new long[] {size - 1, size / 2, size / 3}) {
                Map<String, Long> apart = sizes.corner(size);
                apart.replace(name, Math.max(sizes.low(name), Math.min(smaller, sizes.high(name))));
                if (!isSpent.getAsBoolean() && sizes.isChanged(apart)) {
                    apart.forEach(this::tryAt); // One of them may decide alone, or end its range.
                    if (sizes.contains(apart)) {
                        requireSame(apart);
                    }
                }
            }
        }
    }

    private void requireSame(Map<String, Long> place) {
        if (sizes.isChanged(place)) {
            throw change(sizes.base(), place, sizes.ranges(), Optional.empty(), 0);
        }
    }

    private void tryTogether(long size) {
        if (!isSpent.getAsBoolean() && sizes.isChanged(sizes.corner(size))) {
            long good = size;
            while (good > 0 && sizes.at(sizes.corner(good)).kind() != Outcome.Kind.SAME) {
                good = good / 2;
            }
            settleTogether(good, size);
        }
    }

    private void settleTogether(long same, long other) {
        long good = same;
        long bad = other;
        while (bad - good > 1) {
            long middle = (good + bad) / 2;
            if (sizes.at(sizes.corner(middle)).kind() == Outcome.Kind.SAME) {
                good = middle;
            } else {
                bad = middle;
            }
        }
        Map<String, Long> place = sizes.corner(bad);
        if (sizes.at(place).kind() == Outcome.Kind.FAILS
                && good > 1
                && plan.dimensions().stream().noneMatch(stated::contains)) {
            shrink(good, "with " + place + " " + sizes.at(place).text());
            return;
        }
        Map<String, SamplingPlan.Limit> remedy = sizes.ranges();
        long largest = Math.max(good, 2);
        remedy.replaceAll((name, range) ->
                new SamplingPlan.Limit(range.min(), Math.max(range.min(), Math.min(range.max(), largest))));
        throw change(sizes.corner(good), place, remedy, Optional.empty(), good);
    }

    private void shrink(long largest, String reason) {
        plan.dimensions()
                .forEach(name -> sizes.endAt(name, Math.max(Math.min(sizes.high(name), largest), sizes.low(name))));
        remarks.add("all dimensions end at " + largest + ": " + reason);
    }

    private SizeChange change(
            Map<String, Long> before,
            Map<String, Long> after,
            Map<String, SamplingPlan.Limit> limited,
            Optional<SizeChange.Threshold> threshold,
            long together) {
        return new SizeChange(sizes.at(after), before, after, sizes.remedy(limited), threshold, together);
    }

    /** Spends what is left of the budget on the sizes in between, small ones first. */
    private void fill() {
        for (long size = 1; size <= MAX_STRIDE; size++) {
            for (String name : plan.dimensions()) {
                tryAt(name, size);
            }
        }
        for (long stride = MAX_STRIDE; stride >= 1; stride /= 2) {
            for (String name : plan.dimensions()) {
                for (long size = sizes.low(name); size <= sizes.high(name); size += stride) {
                    if (isSpent.getAsBoolean()) {
                        return;
                    }
                    tryAt(name, size);
                }
            }
        }
    }
}
