package io.kanerva.exporter.trace;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PrimitiveIterator;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * Compares a block with its program where masks, {@code nonzero} and {@code unique} select other numbers of elements
 * than with the traced values: a Java branch may depend on such a number.
 */
final class CountProbes {
    /** Arrays of up to so many elements in each dynamic dimension. */
    private static final long MAX_SIZE = 100;

    private static final int MAX_LISTED = 3;

    private final SamplingPlan plan;
    private final BiFunction<Map<String, Long>, Selection, Outcome> block;
    private final LongSupplier selectable;
    private final Set<Long> numbers;
    private final boolean needsAll;

    /** A number of selected elements at which the block's computation is not the program's. */
    static final class Change extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final long count;
        private final boolean isNumber;

        private Change(long count, boolean isNumber, String problem) {
            super(problem, null, false, false);
            this.count = count;
            this.isNumber = isNumber;
        }

        long count() {
            return count;
        }

        /** Whether only a number or a shape differs, for which more traces may find an expression. */
        boolean isNumber() {
            return isNumber;
        }
    }

    /**
     * Prepares a search.
     *
     * @param block records the block at given sizes with a selection, and compares the recording with the program
     * @param selectable the most elements that could be selected in the last recording
     * @param numbers counts that are worth a try
     * @param needsAll whether the program is refused unless all counts are compared
     */
    CountProbes(
            SamplingPlan plan,
            BiFunction<Map<String, Long>, Selection, Outcome> block,
            LongSupplier selectable,
            Set<Long> numbers,
            boolean needsAll) {
        this.plan = plan;
        this.block = block;
        this.selectable = selectable;
        this.numbers = numbers;
        this.needsAll = needsAll;
    }

    /**
     * Compares, as far as the budget allows.
     *
     * @return what was not compared
     * @throws Change at a number of elements where the block differs
     */
    List<String> search(ProvenSizes proven) {
        Map<String, Long> large = new LinkedHashMap<>();
        plan.dimensions()
                .forEach(name -> large.put(
                        name, Math.min(MAX_SIZE, proven.ranges().get(name).max())));
        Set<String> remarks = new LinkedHashSet<>();
        Set<Map<String, Long>> places =
                new LinkedHashSet<>(List.of(plan.traces().get(plan.widest())));
        places.add(large);
        places.forEach(sizes -> remarks.addAll(compare(sizes)));
        return List.copyOf(remarks);
    }

    private List<String> compare(Map<String, Long> sizes) {
        block.apply(sizes, Selection.ALL);
        long most = selectable.getAsLong();
        String at = sizes.isEmpty() ? "" : " with " + sizes;
        List<String> remarks = new ArrayList<>();
        TreeSet<Long> failing = new TreeSet<>();
        String failure = "";
        long compared = 0;
        for (PrimitiveIterator.OfLong counts = counts(most); counts.hasNext(); ) {
            long count = counts.nextLong();
            Outcome outcome = block.apply(sizes, Selection.of(count));
            switch (outcome.kind()) {
                case DIFFERENT ->
                    throw new Change(
                            count,
                            outcome.isNumber(),
                            "the block computes something else" + at + " where masks select " + count
                                    + " elements than with the traced values: " + outcome.text()
                                    + (outcome.isNumber()
                                            ? "; no formula in that number was found, count with arrays, as in "
                                                    + "mask.sum()"
                                            : "; control flow that depends on values cannot be exported, use where "
                                                    + "instead"));
                case FAILS -> {
                    failing.add(count);
                    failure = failure.isEmpty() ? outcome.text() : failure;
                }
                case SAME -> compared++;
                default -> {}
            }
            if (outcome.kind() == Outcome.Kind.NOT_KNOWN) {
                if (needsAll) {
                    throw new Change(
                            count,
                            false,
                            "a number that depends on how many elements a mask selects has a formula that was found to "
                                    + "hold for " + compared + " such numbers" + at
                                    + ", where the budget for comparisons ended; raise it by withProbeBudget, or count "
                                    + "with arrays, as in mask.sum()");
                }
                remarks.add("the budget for comparisons ended after " + (compared + failing.size()) + " of "
                        + (most + 1) + " numbers of elements that masks may select" + at);
                break;
            }
        }
        if (!failing.isEmpty()) {
            String few = failing.stream().limit(MAX_LISTED).map(String::valueOf).collect(Collectors.joining(", "));
            long more = failing.size() - MAX_LISTED;
            remarks.add("where masks select " + few + (more > 0 ? " or " + more + " other numbers of" : "")
                    + " elements" + at + ", the block fails, so the model was not compared there: " + failure);
        }
        return remarks;
    }

    /**
     * Up to a number: those that occur in the block and their neighbours, shares, and all, small ones first. A large
     * mask has more of them than fit into memory.
     */
    private PrimitiveIterator.OfLong counts(long most) {
        LongStream near = numbers.stream().mapToLong(Long::longValue).flatMap(n -> LongStream.of(n - 1, n, n + 1));
        LongStream shares = LongStream.of(4, 2).flatMap(n -> LongStream.of(most / n, most - most / n));
        Set<Long> first = new LinkedHashSet<>();
        LongStream.concat(near, shares).filter(n -> n >= 0 && n <= most).forEach(first::add);
        LongStream others = LongStream.rangeClosed(0, most).filter(n -> !first.contains(n));
        return LongStream.concat(first.stream().mapToLong(Long::longValue), others)
                .iterator();
    }
}
