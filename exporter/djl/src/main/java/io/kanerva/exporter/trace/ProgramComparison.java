package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDManager;
import io.kanerva.exporter.trace.block.CallSite;
import io.kanerva.exporter.trace.block.ParameterNames;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Records a block at sizes that were not traced, and compares the recordings with its program. */
final class ProgramComparison {
    /** A recording that is compared as a whole takes so much longer per operation. */
    private static final double LOOP_WEIGHT = 3;

    private static final double ELEMENTS_PER_UNIT = 1 << 14;
    /** The search for sizes usually ends much earlier, with its budget. */
    private static final long MAX_PROBE_NANOSECONDS = 120_000_000_000L;

    private final BlockRecorder block;
    private final SamplingPlan plan;
    private final Map<String, SamplingPlan.Limit> limits;
    private final Program program;
    private final Traced traced;
    private final Probe.Budget budget;
    /** Whether the number of some elements depends on values. */
    private final boolean isSelecting;

    /**
     * What the traces say of a program.
     *
     * @param expectation what each step of a recording is compared with; empty if the program has loops
     * @param loops the tape of a program with loops
     * @param longest the most operations on a tape
     * @param longestSizes the sizes of that tape
     */
    record Traced(
            Optional<Expectation> expectation,
            Optional<CombinedTape> loops,
            int longest,
            Map<String, Long> longestSizes) {}

    /**
     * Prepares comparisons.
     *
     * @param plan the sizes that were traced
     * @param limits sizes that dynamic dimensions may take, by name
     * @param operations that may be recorded
     */
    ProgramComparison(
            BlockRecorder block,
            SamplingPlan plan,
            Map<String, SamplingPlan.Limit> limits,
            Program program,
            Traced traced,
            long operations) {
        this.block = block;
        this.plan = plan;
        this.limits = limits;
        this.program = program;
        this.traced = traced;
        isSelecting = program.operations().stream().anyMatch(Operation::isSelecting);
        budget = new Probe.Budget(operations, MAX_PROBE_NANOSECONDS);
    }

    /**
     * Compares, as far as the budget allows.
     *
     * @param stated dimensions within whose limits the block must run
     * @throws Prober.Change at a size at which the block computes something else than the program
     */
    ProvenSizes search(Set<String> stated) {
        ParameterNames names = block.names();
        boolean isUnrolled = traced.expectation().isPresent();
        try (NDManager engine = NDManager.newBaseManager(block.device())) {
            return new Prober(
                            plan,
                            limits,
                            stated,
                            sizes -> isUnrolled
                                    ? isAffordable(sizes)
                                            ? probe(engine, names, sizes)
                                            : new Prober.Outcome(Prober.Kind.NOT_KNOWN, "")
                                    : probeLoop(engine, names, sizes),
                            budget::isSpent)
                    .search(plan.dimensions().isEmpty() ? Set.of() : block.numbers(), isUnrolled);
        }
    }

    /** Spends the budget for a run without recording, if {@link BlockRecorder#run} needs one. */
    private boolean isAffordable(Map<String, Long> sizes) {
        return !block.retention().calls() || budget.spend((long) (program.cost(sizes) / ELEMENTS_PER_UNIT));
    }

    /** Records a block with a loop, and compares the recording with the program. */
    private Prober.Outcome probeLoop(NDManager engine, ParameterNames names, Map<String, Long> sizes) {
        double ratio = sizes.entrySet().stream()
                .mapToDouble(
                        size -> (double) size.getValue() / traced.longestSizes().getOrDefault(size.getKey(), 1L))
                .max()
                .orElse(1);
        double units = LOOP_WEIGHT * Math.max(1, ratio) * traced.longest() + program.cost(sizes) / ELEMENTS_PER_UNIT;
        if (!budget.spend((long) units)) {
            return new Prober.Outcome(Prober.Kind.NOT_KNOWN, "");
        }
        try (Recorder recorder = block.recorder(engine, names, Selection.ACTUAL)) {
            Tape tape = recorder.tape(block.record(recorder, sizes, Tracer.SEED, plan, limits));
            return LoopReplay.difference(traced.loops().orElseThrow(), tape, sizes)
                    .map(text -> new Prober.Outcome(Prober.Kind.DIFFERENT, text))
                    .orElse(new Prober.Outcome(Prober.Kind.SAME, ""));
        } catch (Recorder.MoreNeeded e) {
            block.keep(e);
            return probeLoop(engine, names, sizes);
        } catch (ExportException e) {
            return new Prober.Outcome(Prober.Kind.FAILS, String.join("; ", e.problems()));
        }
    }

    private Prober.Outcome probe(NDManager engine, ParameterNames names, Map<String, Long> sizes) {
        while (true) {
            try {
                Prober.Outcome outcome = probe(engine, names, sizes, block.retention(), Selection.ACTUAL);
                if (outcome.kind() == Prober.Kind.SAME && isSelecting) {
                    Prober.Outcome all = probe(engine, names, sizes, block.retention(), Selection.ALL);
                    // The block itself may not work for so many.
                    return all.kind() == Prober.Kind.FAILS ? outcome : all;
                }
                if (outcome.kind() != Prober.Kind.FAILS || block.retention().values()) {
                    return outcome;
                }
                // Perhaps it fails at the zeros that stand for large arrays, such as a singular matrix.
                return probe(
                        engine,
                        names,
                        sizes,
                        new Recorder.Retention(
                                true,
                                block.retention().constants(),
                                block.retention().calls()),
                        Selection.ACTUAL);
            } catch (Recorder.MoreNeeded e) {
                block.keep(e);
            }
        }
    }

    private Prober.Outcome probe(
            NDManager engine,
            ParameterNames names,
            Map<String, Long> sizes,
            Recorder.Retention kept,
            Selection selection) {
        Probe probe = new Probe(traced.expectation().orElseThrow(), sizes, budget);
        try (Recorder recorder = block.recorder(engine, names, kept, selection, probe)) {
            List<String> problems = recorder.problems();
            try {
                probe.start();
                probe.end(
                        block.run(recorder, sizes, Tracer.SEED).stream()
                                .map(recorder::valueOf)
                                .toList(),
                        () -> CallSite.NONE);
            } catch (Recorder.MoreNeeded e) {
                throw e;
            } catch (Probe.Stop e) {
                // The probe says why.
            } catch (ExportException e) {
                problems = e.problems();
            } catch (RuntimeException e) {
                problems = List.of("the block fails: " + e + " (" + recorder.siteOf(e, block.loader()) + ")");
            }
            String failure = String.join("; ", problems);
            if (failure.contains("can't allocate memory") || failure.contains("out of memory")) {
                return new Prober.Outcome(Prober.Kind.NOT_KNOWN, "");
            }
            if (!failure.isEmpty()) {
                return new Prober.Outcome(Prober.Kind.FAILS, failure);
            }
            if (probe.difference().isPresent()) {
                Expectation.Difference found = probe.difference().get();
                String text = probe.site() == CallSite.NONE ? found.text() : found.text() + " " + probe.site();
                return new Prober.Outcome(Prober.Kind.DIFFERENT, text, found.isNumber());
            }
            return new Prober.Outcome(probe.isTooExpensive() ? Prober.Kind.NOT_KNOWN : Prober.Kind.SAME, "");
        }
    }
}
