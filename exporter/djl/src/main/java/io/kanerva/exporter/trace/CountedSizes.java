package io.kanerva.exporter.trace;

import io.kanerva.exporter.trace.size.RealSearch;
import io.kanerva.exporter.trace.size.RealSize;
import io.kanerva.exporter.trace.size.Samples;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.exporter.trace.size.SizeFactor;
import io.kanerva.exporter.trace.size.SizeSearch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Sizes that depend on the values of the inputs, such as how many elements a mask selects, and expressions in them.
 *
 * <p>Each is a name like that of a dimension, which the graph reads off the selected elements when it runs. Recordings
 * in which masks select other numbers tell it apart from everything else.
 *
 * <p>A probe selects everything at many sizes of the inputs, which tests expressions in the count of a mask whose size
 * is not fixed. Many expressions fit the counts of a mask of a fixed size: it must be a polynomial, or hold at each
 * number of elements that the mask can select.
 */
final class CountedSizes {
    /** More of them at once are not searched. */
    private static final int MAX_COUNTS = 4;

    private final SamplingPlan plan;
    private final List<Tape> tapes;
    private final List<TapeComparison.Varied> others;
    private final boolean hasLoops;
    private final List<Count> counts = new ArrayList<>();
    private final AlikeValues alike = new AlikeValues();
    private int seen;
    private boolean needsAll;

    /**
     * One size.
     *
     * @param source the mask that decides it; masks that are the same select as many
     * @param isProbed whether the mask's size follows the inputs'
     * @param values in each tape, those with other values of the inputs last
     */
    private record Count(String name, String source, boolean isProbed, long[] values) {
        boolean isLike(Count other) {
            return source.equals(other.source) && Arrays.equals(values, other.values);
        }
    }

    CountedSizes(SamplingPlan plan, List<Tape> tapes, List<TapeComparison.Varied> others) {
        this.plan = plan;
        this.tapes = tapes;
        this.others = others;
        // A loop's body has values of its own in each iteration.
        this.hasLoops =
                tapes.get(0).steps().stream().anyMatch(step -> step.attributes().get("body") instanceof LoopBody);
    }

    /** The sizes of a value by their names. */
    static Map<String, Long> of(String operation, TapeValue value) {
        Map<String, Long> sizes = new HashMap<>();
        for (int axis = 0; axis < value.shape().dimension(); axis++) {
            sizes.put(
                    SizeFactor.Named.count(operation, value.id(), axis),
                    value.shape().get(axis));
        }
        return sizes;
    }

    /** Adds what an operation selects. */
    void add(Step step) {
        find(step);
        TapeValue decisive = step.inputs().get(step.inputs().size() - 1);
        boolean isMask = step.inputs().size() == 2;
        String source = (isMask ? "mask" : step.operation()) + " " + alike.first(decisive);
        boolean isProbed = tapes.stream()
                        .map(tape -> tape.values().get(decisive.id()).shape())
                        .distinct()
                        .count()
                > 1;
        for (TapeValue output : step.outputs()) {
            for (int axis = 0; axis < output.shape().dimension(); axis++) {
                int place = axis;
                long[] values = all().mapToLong(
                                tape -> tape.values().get(output.id()).shape().get(place))
                        .toArray();
                Count count = new Count(
                        SizeFactor.Named.count(step.operation(), output.id(), axis), source, isProbed, values);
                if (dependsOnValues(values) && counts.stream().noneMatch(count::isLike)) {
                    counts.add(count);
                }
            }
        }
    }

    /** Finds values that are computed alike, up to a step. */
    private void find(Step last) {
        List<Step> steps = tapes.get(0).steps();
        for (; seen < steps.size() && steps.get(seen) != last; seen++) {
            int index = seen;
            alike.add(
                    steps.get(seen), all().map(tape -> tape.steps().get(index)).toList());
        }
    }

    private Stream<Tape> all() {
        return Stream.concat(tapes.stream(), others.stream().map(TapeComparison.Varied::tape));
    }

    private boolean dependsOnValues(long[] values) {
        for (int i = 0; i < others.size(); i++) {
            if (values[tapes.size() + i] != values[others.get(i).trace()]) {
                return true;
            }
        }
        return false;
    }

    /**
     * The {@link Size} or {@link RealSize} that a number is; empty if there is none, or if two counts are the same in
     * all tapes.
     *
     * @param values in each tape, those with other values of the inputs last
     * @param known other sizes that may occur in it
     */
    Optional<Object> express(double[] values, Collection<Size> known) {
        boolean areAlike = counts.stream()
                .anyMatch(a -> counts.stream().anyMatch(b -> a != b && Arrays.equals(a.values(), b.values())));
        if (hasLoops || counts.isEmpty() || counts.size() > MAX_COUNTS || areAlike) {
            return Optional.empty();
        }
        List<Map<String, Long>> at = points();
        List<String> names = new ArrayList<>(counts.stream().map(Count::name).toList());
        names.addAll(plan.dimensions());
        boolean isProbed = counts.stream().allMatch(Count::isProbed);
        Optional<Object> found = search(new SizeSearch(names, known, !isProbed), at, values);
        if (found.isEmpty() && !isProbed && counts.size() == 1) {
            found = search(new SizeSearch(names, known), at, values);
            needsAll |= found.isPresent();
        }
        return found;
    }

    private static Optional<Object> search(SizeSearch search, List<Map<String, Long>> at, double[] values) {
        if (Arrays.stream(values).allMatch(v -> v == (long) v)) {
            long[] whole = Arrays.stream(values).mapToLong(v -> (long) v).toArray();
            List<Size> found = search.find(new Samples(at, whole));
            if (!found.isEmpty()) {
                return Optional.of(found.get(0));
            }
        }
        return new RealSearch(search).find(at, values).map(Object.class::cast);
    }

    /** Whether an expression needs a test at each number of elements that a mask can select. */
    boolean needsAll() {
        return needsAll;
    }

    /** The sizes in each tape. */
    private List<Map<String, Long>> points() {
        List<Map<String, Long>> at = new ArrayList<>();
        for (int i = 0; i < tapes.size() + others.size(); i++) {
            int trace = i < tapes.size() ? i : others.get(i - tapes.size()).trace();
            Map<String, Long> point = new HashMap<>(plan.traces().get(trace));
            for (Count count : counts) {
                point.put(count.name(), count.values()[i]);
            }
            at.add(point);
        }
        return at;
    }
}
