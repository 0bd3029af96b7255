package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDManager;
import io.kanerva.exporter.trace.block.CallSite;
import io.kanerva.exporter.trace.block.ParameterNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Records a block at sizes that were not traced, and compares the recordings with its program. */
final class ProgramComparison {
    /** A recording that is compared as a whole takes so much longer per operation. */
    private static final double LOOP_WEIGHT = 3;

    private static final double ELEMENTS_PER_UNIT = 1 << 14;
    /** The budget for numbers of selected elements, in that for sizes. */
    private static final long COUNT_SHARE = 4;
    /** The search for sizes usually ends much earlier, with its budget. */
    private static final long MAX_PROBE_NANOSECONDS = 120_000_000_000L;

    private final BlockRecorder block;
    private final SamplingPlan plan;
    private final Map<String, SamplingPlan.Limit> limits;
    private final SizeRegion region;
    private final Program program;
    private final Traced traced;
    private final Probe.Budget budget;
    private final long operations;
    /** Whether the number of some elements depends on values. */
    private final boolean isSelecting;
    /** The most elements that an operation could select in the last recording. */
    private long selectable;
    /** Where the block fails if much is selected. */
    private Optional<String> unselected = Optional.empty();

    /**
     * What the traces say of a program.
     *
     * @param expectation what each step of a recording is compared with; empty if the program has loops
     * @param loops the tape of a program with loops
     * @param longest the most operations on a tape
     * @param longestSizes the sizes of that tape
     * @param needsAllCounts whether the program is right only if it is compared at all numbers of selected elements
     */
    record Traced(
            Optional<Expectation> expectation,
            Optional<CombinedTape> loops,
            int longest,
            Map<String, Long> longestSizes,
            boolean needsAllCounts) {}

    /**
     * Prepares comparisons.
     *
     * @param plan the sizes that were traced
     * @param limits sizes that dynamic dimensions may take, by name
     * @param region sizes within the limits
     * @param operations that may be recorded
     */
    ProgramComparison(
            BlockRecorder block,
            SamplingPlan plan,
            Map<String, SamplingPlan.Limit> limits,
            SizeRegion region,
            Program program,
            Traced traced,
            long operations) {
        this.block = block;
        this.plan = plan;
        this.limits = limits;
        this.region = region;
        this.program = program;
        this.traced = traced;
        this.operations = operations;
        isSelecting = isSelecting(program);
        budget = new Probe.Budget(operations, MAX_PROBE_NANOSECONDS);
    }

    private static boolean isSelecting(Program program) {
        return program.operations().stream()
                .anyMatch(operation -> operation.isSelecting()
                        || operation.attributes().get("body") instanceof LoopProgram loop && isSelecting(loop.body()));
    }

    /**
     * Compares, as far as the budget allows.
     *
     * @param stated dimensions within whose limits the block must run
     * @throws SizeChange at a size at which the block computes something else than the program
     * @throws CountProbes.Change at a number of selected elements where it does
     */
    ProvenSizes search(Set<String> stated) {
        ParameterNames names = block.names();
        Set<Long> numbers = plan.dimensions().isEmpty() && !isSelecting ? Set.of() : block.numbers();
        try (NDManager engine = NDManager.newBaseManager(block.device())) {
            boolean isUnrolled = traced.expectation().isPresent();
            ProbedSizes probed = new ProbedSizes(plan, limits, region, point -> probeSelecting(engine, names, point));
            ProvenSizes proven = new Prober(plan, stated, probed, budget::isSpent).search(numbers, isUnrolled);
            if (!isSelecting) {
                return proven;
            }
            // Of its own: the search for sizes ends with the other one.
            Probe.Budget counts = new Probe.Budget(COUNT_SHARE * operations, MAX_PROBE_NANOSECONDS);
            List<String> remarks = new ArrayList<>(proven.remarks());
            remarks.addAll(new CountProbes(
                            plan,
                            (sizes, selection) -> probe(engine, names, sizes, selection, counts),
                            () -> selectable,
                            numbers,
                            traced.needsAllCounts())
                    .search(proven));
            unselected.ifPresent(remarks::add);
            return new ProvenSizes(proven.ranges(), proven.comparisons(), List.copyOf(remarks));
        }
    }

    /** Compares with as many elements selected as the values say, and with many. */
    private Outcome probeSelecting(NDManager engine, ParameterNames names, Map<String, Long> sizes) {
        Outcome outcome = probe(engine, names, sizes, Selection.ACTUAL, budget);
        if (!isSelecting || outcome.kind() != Outcome.Kind.SAME) {
            return outcome;
        }
        Outcome all = probe(engine, names, sizes, Selection.ALL, budget);
        Outcome many = all.kind() == Outcome.Kind.FAILS ? probe(engine, names, sizes, Selection.HALF, budget) : all;
        if (many.kind() != Outcome.Kind.FAILS) {
            return many;
        }
        // The block itself does not work for so many.
        unselected = Optional.of(unselected.orElse("with " + sizes
                + " the block fails where a mask selects all or half "
                + "of the elements, so it was compared with as many as the values select there: " + all.text()));
        return outcome;
    }

    private Outcome probe(
            NDManager engine, ParameterNames names, Map<String, Long> sizes, Selection selection, Probe.Budget budget) {
        if (traced.expectation().isEmpty()) {
            return probeLoop(engine, names, sizes, selection, budget);
        }
        return isAffordable(sizes, budget) ? probeUnrolled(engine, names, sizes, selection, budget) : Outcome.NOT_KNOWN;
    }

    /** Spends the budget for a run without recording, if {@link BlockRecorder#run} needs one. */
    private boolean isAffordable(Map<String, Long> sizes, Probe.Budget budget) {
        return !block.retention().calls() || budget.spend((long) (program.cost(sizes) / ELEMENTS_PER_UNIT));
    }

    /** Records a block with a loop, and compares the recording with the program. */
    private Outcome probeLoop(
            NDManager engine, ParameterNames names, Map<String, Long> sizes, Selection selection, Probe.Budget budget) {
        double ratio = sizes.entrySet().stream()
                .mapToDouble(
                        size -> (double) size.getValue() / traced.longestSizes().getOrDefault(size.getKey(), 1L))
                .max()
                .orElse(1);
        double units = LOOP_WEIGHT * Math.max(1, ratio) * traced.longest() + program.cost(sizes) / ELEMENTS_PER_UNIT;
        if (!budget.spend((long) units)) {
            return Outcome.NOT_KNOWN;
        }
        try (Recorder recorder = block.recorder(engine, names, selection)) {
            try {
                Tape tape = recorder.tape(block.record(recorder, sizes, Tracer.SEED, plan, limits));
                selectable = recorder.calls().selectable();
                return LoopReplay.difference(traced.loops().orElseThrow(), tape, sizes)
                        .map(text -> new Outcome(Outcome.Kind.DIFFERENT, text))
                        .orElse(Outcome.SAME);
            } catch (ExportException e) {
                // The block's own failure without the sizes and the remedy, which follow.
                boolean isOwn = e.problems().size() == 1 && e.problems().get(0).startsWith("the block fails with ");
                return new Outcome(
                        Outcome.Kind.FAILS,
                        isOwn ? failure(recorder, (RuntimeException) e.getCause()) : String.join("; ", e.problems()));
            }
        } catch (Recorder.MoreNeeded e) {
            block.keep(e);
            return probeLoop(engine, names, sizes, selection, budget);
        }
    }

    private String failure(Recorder recorder, RuntimeException e) {
        return "the block fails: " + e + " (" + recorder.siteOf(e, block.loader()) + ")";
    }

    private Outcome probeUnrolled(
            NDManager engine, ParameterNames names, Map<String, Long> sizes, Selection selection, Probe.Budget budget) {
        while (true) {
            try {
                Recorder.Retention kept = block.retention();
                Outcome outcome = probe(engine, names, sizes, kept, selection, budget);
                if (outcome.kind() != Outcome.Kind.FAILS || kept.values()) {
                    return outcome;
                }
                // Perhaps it fails at the zeros that stand for large arrays, such as a singular matrix.
                Recorder.Retention values = new Recorder.Retention(true, kept.constants(), kept.calls());
                return probe(engine, names, sizes, values, selection, budget);
            } catch (Recorder.MoreNeeded e) {
                block.keep(e);
            }
        }
    }

    private Outcome probe(
            NDManager engine,
            ParameterNames names,
            Map<String, Long> sizes,
            Recorder.Retention kept,
            Selection selection,
            Probe.Budget budget) {
        Probe probe = new Probe(traced.expectation().orElseThrow(), sizes, budget);
        try (Recorder recorder = block.recorder(engine, names, kept, selection, probe)) {
            List<String> problems = recorder.problems();
            try {
                probe.start();
                probe.end(
                        block.run(recorder, sizes, Tracer.SEED).stream()
                                .map(recorder::resultOf)
                                .toList(),
                        () -> CallSite.NONE);
            } catch (Recorder.MoreNeeded e) {
                throw e;
            } catch (Probe.Stop e) {
                // The probe says why.
            } catch (ExportException e) {
                problems = e.problems();
            } catch (RuntimeException e) {
                problems = List.of(failure(recorder, e));
            }
            selectable = recorder.calls().selectable();
            String failure = String.join("; ", problems);
            if (failure.contains("can't allocate memory") || failure.contains("out of memory")) {
                return Outcome.NOT_KNOWN;
            }
            if (!failure.isEmpty()) {
                return new Outcome(Outcome.Kind.FAILS, failure);
            }
            if (probe.difference().isPresent()) {
                Expectation.Difference found = probe.difference().get();
                String text = probe.site() == CallSite.NONE ? found.text() : found.text() + " " + probe.site();
                return new Outcome(Outcome.Kind.DIFFERENT, text, found.isNumber());
            }
            return new Outcome(probe.isTooExpensive() ? Outcome.Kind.NOT_KNOWN : Outcome.Kind.SAME, "");
        }
    }
}
