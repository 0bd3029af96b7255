package io.kanerva.exporter.trace;

import io.kanerva.exporter.trace.size.Size;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Looks for the sizes of a dimension at which a block's operations change, or its numbers, one size after the other
 * from the smallest on. A few changes are thresholds; more are a loop, or a number that follows the size.
 */
final class SizeScan {
    /** The number of sizes that are compared. */
    private static final int SIZES = 33;

    /** The number of sizes of each of two dimensions whose relation is looked for. */
    private static final int RELATED = 6;
    /** The fewest sizes for which a test must hold, and not hold. */
    private static final int MIN_POINTS = 2;

    /** Numbers by which a size may be divided for a remainder that decides. */
    private static final int[] DIVISORS = {2, 3, 4, 8};

    private final SamplingPlan plan;
    private final Map<String, SamplingPlan.Limit> limits;
    private final SizeRegion region;
    private final Function<Map<String, Long>, Optional<Tape>> block;
    private final boolean comparesNumbers;
    private final Map<Map<String, Long>, Optional<Tape>> known = new HashMap<>();

    /**
     * Prepares a scan.
     *
     * @param plan the sizes that were traced
     * @param limits sizes that dynamic dimensions may take, by name
     * @param region sizes within the limits
     * @param block records the block at given sizes; empty if it cannot be recorded there
     * @param comparesNumbers whether another number is a change, too
     */
    SizeScan(
            SamplingPlan plan,
            Map<String, SamplingPlan.Limit> limits,
            SizeRegion region,
            Function<Map<String, Long>, Optional<Tape>> block,
            boolean comparesNumbers) {
        this.plan = plan;
        this.limits = limits;
        this.region = region;
        this.block = block;
        this.comparesNumbers = comparesNumbers;
    }

    /** The first threshold of the first dimension that has some; empty if no dimension has one, or only too many. */
    Optional<SizeChange.Threshold> first() {
        for (String name : plan.dimensions()) {
            List<Long> changes = changes(name);
            if (!changes.isEmpty() && changes.size() < SizeRanges.MAX_RANGES) {
                return Optional.of(new SizeChange.Threshold(name, changes.get(0)));
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
            long first = limit(name).min();
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
        return at(sizes);
    }

    private Optional<Tape> at(Map<String, Long> sizes) {
        return region.contains(sizes) ? known.computeIfAbsent(sizes, block) : Optional.empty();
    }

    /** The first question about two dimensions that decides; empty if none does. */
    Optional<SizeQuestion> relation() {
        return pairs().flatMap(this::relation).findFirst();
    }

    private Stream<SizeQuestion> relation(List<String> pair) {
        long first = limit(pair.get(0)).min();
        long second = limit(pair.get(1)).min();
        List<Map<String, Long>> points = new ArrayList<>();
        for (long a = first; a < first + RELATED; a++) {
            for (long b = second; b < second + RELATED; b++) {
                points.add(point(pair, a, b));
            }
        }
        List<SizeQuestion> questions = SizeQuestion.ofTwo(pair.get(0), pair.get(1));
        return Stream.concat(
                questions.stream().filter(test -> decides(test, points)),
                questions.stream().limit(SizeQuestion.ORDERS).filter(test -> decidesOne(test, points)));
    }

    /** The question whether one dimension's size is a power of two, or of another kind of which there are many. */
    Optional<SizeQuestion> kind() {
        return plan.dimensions().stream()
                .flatMap(name -> {
                    List<Map<String, Long>> points = LongStream.range(0, SIZES)
                            .mapToObj(i -> point(
                                    List.of(name, name),
                                    limit(name).min() + i,
                                    limit(name).min() + i))
                            .toList();
                    return SizeQuestion.ofOne(name).stream().filter(test -> decides(test, points));
                })
                .findFirst();
    }

    /**
     * The question whether the sum or the product of two dimensions is above a number.
     *
     * @param before sizes before the change
     * @param after neighbouring sizes after it
     * @param numbers that the bound may be
     */
    Optional<SizeQuestion> sum(Map<String, Long> before, Map<String, Long> after, Set<Long> numbers) {
        return pairs().flatMap(pair ->
                        Stream.of(false, true).flatMap(isProduct -> sum(pair, isProduct, before, after, numbers)))
                .findFirst();
    }

    private Stream<SizeQuestion> sum(
            List<String> pair,
            boolean isProduct,
            Map<String, Long> before,
            Map<String, Long> after,
            Set<Long> numbers) {
        Size a = Size.named(pair.get(0));
        Size b = Size.named(pair.get(1));
        Size size = isProduct ? a.times(b) : a.plus(b);
        long low = Math.min(size.at(before), size.at(after));
        long high = Math.max(size.at(before), size.at(after));
        return Stream.concat(numbers.stream().flatMap(n -> Stream.of(n, n - 1)).sorted(), Stream.of(low))
                .filter(bound -> bound >= low && bound < high)
                .map(bound -> SizeQuestion.larger(size, Size.fixed(bound)))
                .filter(test ->
                        decides(test, around(pair, isProduct, test.right().value())));
    }

    /** Sizes on both sides of a bound. */
    private List<Map<String, Long>> around(List<String> pair, boolean isProduct, long bound) {
        List<Map<String, Long>> points = new ArrayList<>();
        for (int turn = 0; turn < 2; turn++) {
            String name = pair.get(turn);
            long base = plan.traces().get(0).get(name);
            for (long size : new long[] {base, base + 1, 2 * base + 1, RELATED + 1}) {
                long other = isProduct ? bound / size : bound - size;
                for (long near : new long[] {other, other + 1}) {
                    points.add(point(List.of(name, pair.get(1 - turn)), size, near));
                }
            }
        }
        return points;
    }

    private Stream<List<String>> pairs() {
        List<String> names = plan.dimensions();
        return IntStream.range(0, names.size())
                .boxed()
                .flatMap(i -> IntStream.range(i + 1, names.size()).mapToObj(j -> List.of(names.get(i), names.get(j))));
    }

    private SamplingPlan.Limit limit(String name) {
        return limits.getOrDefault(name, SamplingPlan.Limit.from(1));
    }

    private Map<String, Long> point(List<String> pair, long first, long second) {
        Map<String, Long> point = new LinkedHashMap<>(plan.traces().get(0));
        point.put(pair.get(1), second);
        point.put(pair.get(0), first);
        return point;
    }

    /** Whether the block runs the same at all sizes for which a test holds, the same at all others, and not at both. */
    private boolean decides(SizeQuestion test, List<Map<String, Long>> points) {
        Map<Boolean, Tape> found = new HashMap<>();
        Map<Boolean, Integer> counts = new HashMap<>();
        for (Map<String, Long> point : points) {
            Optional<Tape> tape = within(point);
            if (tape.isEmpty()) {
                continue;
            }
            boolean answer = test.holds(point);
            Tape same = found.putIfAbsent(answer, tape.get());
            Tape other = found.get(!answer);
            if (same != null && !areAlike(same, tape.get())
                    || same == null && other != null && areAlike(other, tape.get())) {
                return false;
            }
            counts.merge(answer, 1, Integer::sum);
        }
        return counts.getOrDefault(true, 0) >= MIN_POINTS && counts.getOrDefault(false, 0) >= MIN_POINTS;
    }

    /** Whether the block runs the same at all sizes for which a test holds, and something else at each other one. */
    private boolean decidesOne(SizeQuestion test, List<Map<String, Long>> points) {
        List<Tape> yes = new ArrayList<>();
        List<Tape> no = new ArrayList<>();
        for (Map<String, Long> point : points) {
            Optional<Tape> tape = within(point);
            tape.ifPresent((test.holds(point) ? yes : no)::add);
            if (!yes.isEmpty() && tape.isPresent() && areAlike(yes.get(0), tape.get()) != test.holds(point)) {
                return false;
            }
        }
        return yes.size() >= MIN_POINTS
                && no.size() >= MIN_POINTS
                && no.stream().noneMatch(tape -> areAlike(yes.get(0), tape));
    }

    private Optional<Tape> within(Map<String, Long> point) {
        boolean isInside = point.entrySet().stream()
                .allMatch(size -> size.getValue() >= limit(size.getKey()).min()
                        && size.getValue() <= limit(size.getKey()).max());
        return isInside ? at(point) : Optional.empty();
    }

    /** The sizes before a change, with the other dimensions at their smallest traced sizes. */
    private List<Long> changes(String name) {
        SamplingPlan.Limit limit = limit(name);
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
                && (comparesNumbers ? a.difference(b).isEmpty() : AlikeTapes.firstDifference(a.steps(), b.steps()) < 0);
    }

    private static List<Integer> ids(Tape tape) {
        return tape.outputs().stream().map(TapeValue::id).toList();
    }
}
