package io.kanerva.exporter.trace;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/** Searches for sizes of the dynamic dimensions at which a block's computation is not the program's. */
final class Prober {
    /** The largest size of a dimension without a limit at which the block is compared. */
    static final long DEFAULT_MAX = 2048;

    private static final int MAX_STRIDE = 64;

    /** Sizes that are not to be compared agree. */
    private static final Outcome OUTSIDE = new Outcome(Kind.SAME, "");

    private final SamplingPlan plan;
    /** Dimensions whose limits are the user's, so that the block must run at all sizes within them. */
    private final Set<String> stated;

    private final SizeRegion region;
    private final Function<Map<String, Long>, Outcome> block;
    private final BooleanSupplier isSpent;
    private final Map<Map<String, Long>, Outcome> known = new LinkedHashMap<>();
    private final Map<String, Long> low = new LinkedHashMap<>();
    private final Map<String, Long> high = new LinkedHashMap<>();
    private final Map<String, Long> base;
    private final List<String> remarks = new ArrayList<>();

    /** How a recording compares with the program. */
    enum Kind {
        SAME,
        /** Other operations, constants, numbers or shapes. */
        DIFFERENT,
        /** The block itself fails. */
        FAILS,
        /** The budget is spent. */
        NOT_KNOWN
    }

    /**
     * The result of a recording.
     *
     * @param kind how it compares
     * @param text what differs, with the line; empty if nothing does
     * @param isNumber whether only a number or a shape differs, for which more traces may find an expression
     */
    record Outcome(Kind kind, String text, boolean isNumber) {
        Outcome(Kind kind, String text) {
            this(kind, text, false);
        }
    }

    /**
     * Where a block's computation changes.
     *
     * @param dimension the dimension on which it depends
     * @param largest the largest size before the change
     */
    record Threshold(String dimension, long largest) {}

    /** A size at which the block's computation is not the program's. */
    static final class Change extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final boolean isNumber;
        private final transient Optional<Threshold> threshold;
        private final String remedy;
        private final boolean isFailure;
        private final long together;
        private final transient Map<String, Long> before;
        private final transient Map<String, Long> after;

        private Change(
                String problem,
                String remedy,
                boolean isFailure,
                boolean isNumber,
                Optional<Threshold> threshold,
                long together,
                Map<String, Long> before,
                Map<String, Long> after) {
            super(problem, null, false, false);
            this.isNumber = isNumber;
            this.isFailure = isFailure;
            this.threshold = threshold;
            this.remedy = remedy;
            this.together = together;
            this.before = before;
            this.after = after;
        }

        /** Sizes at which the block computes the same as the program. */
        Map<String, Long> before() {
            return before;
        }

        /** Sizes at which it does not, neighbouring ones if possible. */
        Map<String, Long> after() {
            return after;
        }

        /** The whole sentence, with a reason why the remedy is needed. */
        String message(String reason) {
            return getMessage() + "; " + (isFailure ? "if such sizes cannot occur, " : reason + ", so ") + remedy;
        }

        /** Where it is, if the block runs on both sides and only one dimension matters. */
        Optional<Threshold> threshold() {
            return threshold;
        }

        /** The largest size of all dimensions before a change that comes as they grow together; 0 for others. */
        long together() {
            return together;
        }

        /** Whether only a number or a shape differs. */
        boolean isNumber() {
            return isNumber;
        }
    }

    /**
     * Prepares a search.
     *
     * @param plan the sizes that were traced
     * @param limits sizes that dynamic dimensions may take, by name
     * @param stated dimensions within whose limits the block must run
     * @param region sizes within the limits; at others nothing is compared
     * @param block records the block at given sizes and compares the recording with the program
     * @param isSpent whether no more sizes should be tried, except to locate a difference
     */
    Prober(
            SamplingPlan plan,
            Map<String, SamplingPlan.Limit> limits,
            Set<String> stated,
            SizeRegion region,
            Function<Map<String, Long>, Outcome> block,
            BooleanSupplier isSpent) {
        this.isSpent = isSpent;
        this.plan = plan;
        this.stated = stated;
        this.region = region;
        this.block = block;
        this.base = plan.traces().get(0);
        plan.traces().forEach(sizes -> known.put(sizes, new Outcome(Kind.SAME, "")));
        for (String name : plan.dimensions()) {
            SamplingPlan.Limit limit = limits.get(name);
            low.put(name, limit == null ? 1 : limit.min());
            high.put(name, limit == null ? DEFAULT_MAX : limit.max(DEFAULT_MAX));
        }
    }

    /**
     * Compares the block with the program, until the budget ends or a difference is found.
     *
     * @param numbers sizes that are worth a try
     * @param isCheap whether a recording costs the same at all sizes; if not, all dimensions grow together only
     * @throws Change naming the first size at which the block differs, and the limit that excludes it
     */
    ProvenSizes search(Collection<Long> numbers, boolean isCheap) {
        if (isCheap) {
            plan.dimensions()
                    .forEach(name -> List.of(high.get(name), low.get(name)).forEach(end -> reach(name, end)));
        }
        if (plan.dimensions().size() > 1 || !isCheap) {
            reachTogether();
        }
        if (!isCheap) {
            plan.dimensions().forEach(name -> reach(name, low.get(name)));
        }
        tryEqualPairs();
        for (String name : plan.dimensions()) {
            ladder(low.get(name), high.get(name)).forEach(size -> tryAt(name, size));
        }
        if (plan.dimensions().size() > 1) {
            ladder(1, largest()).forEach(this::tryTogether);
        }
        if (!region.isAll()) {
            doublings(1, largest()).forEach(this::tryApart);
        }
        for (long number : new TreeSet<>(numbers)) {
            for (long size = number - 1; size <= number + 1; size++) {
                for (String name : plan.dimensions()) {
                    tryAt(name, size);
                }
            }
        }
        fill();
        int comparisons = (int) known.values().stream()
                .filter(outcome -> outcome.kind() == Kind.SAME)
                .count();
        return new ProvenSizes(box(), comparisons, remarks);
    }

    private Outcome at(Map<String, Long> sizes) {
        if (!region.contains(sizes)) {
            return OUTSIDE;
        }
        Outcome before = known.get(sizes);
        if (before != null && before.kind() != Kind.NOT_KNOWN) {
            return before;
        }
        Outcome outcome = block.apply(sizes);
        known.put(sizes, outcome);
        return outcome;
    }

    private Map<String, Long> with(String name, long size) {
        Map<String, Long> sizes = new LinkedHashMap<>(base);
        sizes.put(name, size);
        return sizes;
    }

    /** Doublings and their neighbours within a range, and its ends. */
    private static TreeSet<Long> ladder(long low, long high) {
        TreeSet<Long> sizes = doublings(low, high);
        for (long power : List.copyOf(sizes)) {
            sizes.add(Math.max(low, power - 1));
            sizes.add(Math.min(high, power + 1));
        }
        return sizes;
    }

    private static TreeSet<Long> doublings(long low, long high) {
        TreeSet<Long> sizes = new TreeSet<>(List.of(low, high));
        for (long power = 1; power <= high; power *= 2) {
            if (power >= low) {
                sizes.add(power);
            }
        }
        return sizes;
    }

    /**
     * Compares the ends of a dimension, the others at their smallest traced sizes; where it differs, the sizes before.
     */
    private void reach(String name, long end) {
        if (at(with(name, end)).kind() == Kind.SAME) {
            return;
        }
        TreeSet<Long> same = sizesOf(name, Kind.SAME);
        long good = end < base.get(name) ? same.first() : same.last();
        long change = 0;
        TreeSet<Long> sizes = doublings(Math.min(good, end), Math.max(good, end));
        for (long size : end < good ? sizes.descendingSet() : sizes) {
            Kind kind = at(with(name, size)).kind();
            if (kind == Kind.SAME && change == 0) {
                good = size;
            } else if (kind == Kind.DIFFERENT || kind == Kind.FAILS) {
                change = change == 0 ? size : change;
            } else if (change == 0) {
                break;
            }
        }
        if (change != 0) {
            settle(name, good, change);
        } else if (end > good) {
            high.put(name, good);
            remarks.add(name + " was compared up to " + good + ", where the budget for comparisons ended");
        } else {
            low.put(name, good);
            high.replace(name, Math.max(good, high.get(name)));
            remarks.add(name + " was compared from " + good + " on, where the budget for comparisons ended");
        }
    }

    private void tryAt(String name, long size) {
        if (size < low.get(name) || size > high.get(name) || isSpent.getAsBoolean()) {
            return;
        }
        if (region.contains(with(name, size))) {
            if (isChanged(with(name, size))) {
                settle(name, nearestSame(name, size), size);
            }
            return;
        }
        // Where the block itself fails, no graph is silently wrong.
        inside(name, size).filter(sizes -> at(sizes).kind() == Kind.DIFFERENT).ifPresent(sizes -> {
            throw changed(sizes, base, box(), Optional.empty(), 0);
        });
    }

    /** Small sizes in the region with this one and one more that differs from those traced. */
    private Optional<Map<String, Long>> inside(String name, long size) {
        return plan.dimensions().stream()
                .filter(other -> !other.equals(name))
                .flatMap(other -> LongStream.of(1, 2, size / 2, size - 1, size, size + 1, 2 * size, high.get(other))
                        .filter(value -> value >= low.get(other) && value <= high.get(other))
                        .mapToObj(value -> {
                            Map<String, Long> sizes = with(name, size);
                            sizes.put(other, value);
                            return sizes;
                        }))
                .filter(region::contains)
                .findFirst();
    }

    /** The next smaller size at which the block is known to agree, or else the next larger one. */
    private long nearestSame(String name, long size) {
        TreeSet<Long> same = sizesOf(name, Kind.SAME);
        same.add(base.get(name));
        Long below = same.floor(size);
        return below == null ? same.first() : below;
    }

    private TreeSet<Long> sizesOf(String name, Kind kind) {
        return known.entrySet().stream()
                .filter(entry -> entry.getValue().kind() == kind)
                .filter(entry -> with(name, entry.getKey().get(name)).equals(entry.getKey()))
                .map(entry -> entry.getKey().get(name))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /**
     * Finds the size at which the block changes. A dimension without a limit ends where the block itself fails; every
     * other change is an error.
     */
    private void settle(String name, long same, long other) {
        long good = same;
        long bad = other;
        while (Math.abs(bad - good) > 1) {
            long middle = (good + bad) / 2;
            Kind kind = at(with(name, middle)).kind();
            if (kind == Kind.NOT_KNOWN) {
                break;
            }
            if (kind == Kind.SAME) {
                good = middle;
            } else {
                bad = middle;
            }
        }
        Map<String, Long> place = with(name, bad);
        if (at(place).kind() == Kind.FAILS && bad > good && !stated.contains(name)) {
            // Beyond sizes at which the block fails, it may run again, and compute something else.
            TreeSet<Long> others = sizesOf(name, Kind.DIFFERENT);
            if (others.higher(good) == null) {
                high.put(name, good);
                remarks.add(name + " ends at " + good + ", because with " + place + " "
                        + at(place).text());
                return;
            }
            place = with(name, others.higher(good));
        }
        Map<String, SamplingPlan.Limit> remedy = box();
        remedy.put(
                name,
                bad > good
                        ? new SamplingPlan.Limit(low.get(name), Math.max(good, 2))
                        : new SamplingPlan.Limit(good, Math.max(good, high.get(name))));
        boolean isThreshold =
                at(place).kind() == Kind.DIFFERENT && at(with(name, good)).kind() == Kind.SAME;
        throw changed(
                place,
                with(name, good),
                shrunk(remedy),
                isThreshold ? Optional.of(new Threshold(name, Math.min(good, bad))) : Optional.empty(),
                0);
    }

    private long largest() {
        return high.values().stream().mapToLong(Long::longValue).max().orElseThrow();
    }

    /** Compares the largest sizes of all dimensions together; where they differ, the sizes before. */
    private void reachTogether() {
        if (at(corner(largest(), low, high)).kind() == Kind.SAME) {
            return;
        }
        long good = plan.traces().stream()
                .mapToLong(sizes ->
                        sizes.values().stream().mapToLong(Long::longValue).min().orElseThrow())
                .max()
                .orElse(0);
        for (long size : doublings(good + 1, Math.max(good + 1, largest()))) {
            Kind kind = at(corner(size, low, high)).kind();
            if (kind == Kind.NOT_KNOWN) {
                shrink(good, "the budget for comparisons of all dimensions together ended there");
                return;
            }
            if (kind == Kind.DIFFERENT || kind == Kind.FAILS) {
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
                long size = Math.max(base.get(names.get(i)), base.get(names.get(j)));
                if (size <= Math.min(high.get(names.get(i)), high.get(names.get(j)))) {
                    Map<String, Long> equal = with(names.get(i), size);
                    equal.put(names.get(j), size);
                    if (isChanged(equal)) {
                        throw changed(equal, base, box(), Optional.empty(), 0);
                    }
                }
            }
        }
    }

    /** Compares with one dimension smaller than the others: in a region, sizes of all together may be outside. */
    private void tryApart(long size) {
        for (String name : plan.dimensions()) {
            for (long smaller : new long[] {size - 1, size / 2, size / 3}) {
                Map<String, Long> sizes = corner(size, low, high);
                sizes.replace(name, Math.max(low.get(name), Math.min(smaller, high.get(name))));
                if (!isSpent.getAsBoolean() && isChanged(sizes)) {
                    throw changed(sizes, base, box(), Optional.empty(), 0);
                }
            }
        }
    }

    private void tryTogether(long size) {
        if (!isSpent.getAsBoolean() && isChanged(corner(size, low, high))) {
            long good = size;
            while (good > 0 && at(corner(good, low, high)).kind() != Kind.SAME) {
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
            if (at(corner(middle, low, high)).kind() == Kind.SAME) {
                good = middle;
            } else {
                bad = middle;
            }
        }
        Map<String, Long> place = corner(bad, low, high);
        if (at(place).kind() == Kind.FAILS
                && good > 1
                && plan.dimensions().stream().noneMatch(stated::contains)) {
            shrink(good, "with " + place + " " + at(place).text());
            return;
        }
        Map<String, SamplingPlan.Limit> remedy = box();
        long largest = Math.max(good, 2);
        remedy.replaceAll((name, range) ->
                new SamplingPlan.Limit(range.min(), Math.max(range.min(), Math.min(range.max(), largest))));
        throw changed(place, corner(good, low, high), remedy, Optional.empty(), good);
    }

    private void shrink(long largest, String reason) {
        high.replaceAll((name, size) -> Math.max(Math.min(size, largest), low.get(name)));
        remarks.add("all dimensions end at " + largest + ": " + reason);
    }

    private Map<String, SamplingPlan.Limit> box() {
        Map<String, SamplingPlan.Limit> box = new TreeMap<>();
        plan.dimensions()
                .forEach(name -> box.put(name, new SamplingPlan.Limit(low.get(name), Math.max(2, high.get(name)))));
        return box;
    }

    /** All dimensions at a size, as far as their ranges allow. */
    private Map<String, Long> corner(long size, Map<String, Long> smallest, Map<String, Long> largest) {
        Map<String, Long> sizes = new LinkedHashMap<>();
        plan.dimensions()
                .forEach(name -> sizes.put(name, Math.min(Math.max(size, smallest.get(name)), largest.get(name))));
        return sizes;
    }

    /** The limits themselves if the block agrees with all dimensions at their largest; else the largest such square. */
    private Map<String, SamplingPlan.Limit> shrunk(Map<String, SamplingPlan.Limit> limited) {
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

    private boolean isChanged(Map<String, Long> sizes) {
        Kind kind = at(sizes).kind();
        return kind == Kind.DIFFERENT || kind == Kind.FAILS;
    }

    private Change changed(
            Map<String, Long> place,
            Map<String, Long> before,
            Map<String, SamplingPlan.Limit> limited,
            Optional<Threshold> threshold,
            long together) {
        Outcome outcome = at(place);
        Map<String, SamplingPlan.Limit> whole = box();
        String limit = limited.entrySet().stream()
                .filter(entry -> !entry.getValue().equals(whole.get(entry.getKey())))
                .map(entry -> "withDimensionLimit(\"" + entry.getKey() + "\", "
                        + entry.getValue().min() + ", " + entry.getValue().max() + ")")
                .collect(Collectors.joining(" and "));
        String remedy = !limit.isEmpty() && isRight(limited)
                ? "limit the sizes with " + limit
                : "make " + String.join(" or ", plan.dimensions()) + " a fixed dimension";
        return new Change(
                outcome.kind() == Kind.FAILS
                        ? "with " + place + " " + outcome.text() + "; with " + before + " it runs"
                        : "the block computes something else with " + place + " than with " + before + ": "
                                + outcome.text(),
                remedy,
                outcome.kind() == Kind.FAILS,
                outcome.isNumber(),
                threshold,
                together,
                before,
                place);
    }

    /** Whether the block agrees with the program at all combinations of the smallest and largest sizes. */
    private boolean isRight(Map<String, SamplingPlan.Limit> limited) {
        List<Map<String, Long>> corners = List.of(Map.of());
        for (String name : plan.dimensions()) {
            List<Map<String, Long>> more = new ArrayList<>();
            for (Map<String, Long> corner : corners) {
                for (long size :
                        List.of(limited.get(name).min(), limited.get(name).max())) {
                    Map<String, Long> longer = new LinkedHashMap<>(corner);
                    longer.put(name, size);
                    more.add(longer);
                }
            }
            corners = more;
        }
        return corners.stream().noneMatch(this::isChanged);
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
                for (long size = low.get(name); size <= high.get(name); size += stride) {
                    if (isSpent.getAsBoolean()) {
                        return;
                    }
                    tryAt(name, size);
                }
            }
        }
    }
}
