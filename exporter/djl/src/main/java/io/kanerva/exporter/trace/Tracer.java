package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import io.kanerva.exporter.trace.block.ParameterNames;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.onnx.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Runs a block on recording arrays at several sizes and combines the tapes into one {@link Program}. */
public final class Tracer {
    static final long SEED = 1;
    private static final long OTHER_SEED = 3;
    /** Further traces that tell apart expressions for a number. */
    private static final int MAX_ROUNDS = 4;

    private final TraceRequest request;
    private final BlockRecorder recorded;
    private SamplingPlan plan;
    private boolean isFine;
    private boolean isLong;
    /** Whether the last tapes have the same operations. */
    private boolean areAlike = true;
    /** Whether a number in them has no expression. */
    private boolean isInexpressible;

    private Set<Map<String, Long>> wanted = Set.of();
    private boolean isIncomplete;
    private List<String> assumptions = List.of();
    private Map<String, SamplingPlan.Limit> limits;
    /** Of the last program; null before there is one, and once it is proven. */
    private ProgramComparison.Traced traced;

    private ProvenSizes proven;
    private List<Map<String, Long>> runs = List.of();
    private Programs programs;
    private Optional<DividedSizes> divided = Optional.empty();
    /** A trace around a threshold that was just made. */
    private Optional<Program> retraced = Optional.empty();

    private int roundsAround;
    /** Further numbers of elements that masks select in traces. */
    private final Set<Long> counts = new TreeSet<>();
    /** See {@link ConstantSearch#unbounded}; of the last trace. */
    private Map<String, Long> unbounded = Map.of();
    /** The largest sizes to which tables of Java numbers go. */
    private final Map<String, Long> tableEnds = new TreeMap<>();

    /**
     * Prepares to trace a block.
     *
     * @param block initialised; its {@code forward} must be deterministic when not training
     * @param inputs one per array of the forward's input list
     * @param limits sizes that dynamic dimensions may take, by name
     * @param sampler generates the input values
     * @param statistics the statistics that batch normalisations use
     * @param probeBudget the operations that may be recorded at further sizes, in search of one at which the block
     *     computes differently
     */
    public Tracer(
            Block block,
            List<InputSpec> inputs,
            Map<String, SamplingPlan.Limit> limits,
            Sampler sampler,
            Statistics statistics,
            long probeBudget) {
        this(new TraceRequest(
                block,
                inputs,
                limits,
                limits.keySet(),
                Map.of(),
                SizeRegion.ALL,
                Set.of(),
                sampler,
                statistics,
                probeBudget,
                new AtomicInteger(SizeRanges.MAX_RANGES - 1),
                false));
    }

    Tracer(TraceRequest request) {
        request.require();
        this.request = request;
        limits = request.limits();
        plan = request.plan();
        recorded = new BlockRecorder(request.block(), request.inputs(), request.sampler(), request.statistics());
    }

    /**
     * Runs the block, with this tracer's statistics, on given inputs.
     *
     * @param values all inputs by name
     * @return copies of the block's outputs
     */
    public List<Tensor> compute(Map<String, Tensor> values) {
        return recorded.compute(values);
    }

    /**
     * Records the block. Where its operations change within the traced sizes, the result is the program for the
     * smallest ones, and {@link #programs} has them all.
     *
     * @throws ExportException listing everything in the block that cannot be recorded
     */
    public Program trace() {
        try {
            return traceWhole();
        } catch (ExportException e) {
            if (areAlike && !isInexpressible || e.getCause() != null) {
                throw e;
            }
            // A few sizes may differ from all others; where many do, it is a loop or a number that follows them.
            keep(new SizeDivision(request(), recorded, plan).of(e, areAlike));
            return programs.first();
        }
    }

    private void keep(DividedSizes found) {
        divided = Optional.of(found);
        programs = found.programs();
        proven = found.proven();
        runs = found.runs();
    }

    /** What is traced, within the limits that it has by now. */
    private TraceRequest request() {
        return request.within(limits);
    }

    /** Traces and proves the block as often as needed. */
    void traceAndProve() {
        Program program = trace();
        while (!prove(program)) {
            program = trace();
        }
    }

    private Program traceWhole() {
        if (retraced.isPresent()) {
            Program program = retraced.get();
            retraced = Optional.empty();
            return program;
        }
        try {
            return traceLong();
        } catch (ExportException e) {
            if (unbounded.isEmpty()) {
                throw e;
            }
            limitTables();
            return traceLong();
        }
    }

    private Program traceLong() {
        try {
            return traceAtPlannedSizes();
        } catch (LoopsMet e) {
            // Loops run too rarely at the smallest sizes.
            isLong = true;
            plan = request.region().isAll() ? plan.longer(limits).orElse(plan) : plan;
            return traceAtPlannedSizes();
        }
    }

    /** Limits dimensions that have no limit to sizes up to which a table of Java numbers is exported as a whole. */
    private void limitTables() {
        Map<String, SamplingPlan.Limit> others = new HashMap<>(limits);
        for (Map.Entry<String, Long> table : unbounded.entrySet()) {
            String name = table.getKey();
            Map<String, Long> sizes = plan.traces().get(0);
            long good = plan.largest().get(name);
            long bad = table.getValue() + 1;
            if (bad > good && recorded.runs(with(sizes, name, bad - 1))) {
                good = bad - 1;
            }
            while (bad - good > 1) {
                long middle = (good + bad) / 2;
                if (recorded.runs(with(sizes, name, middle))) {
                    good = middle;
                } else {
                    bad = middle;
                }
            }
            long smallest = limits.containsKey(name) ? limits.get(name).min() : 1;
            others.put(name, new SamplingPlan.Limit(smallest, good));
            tableEnds.put(name, good);
        }
        unbounded = Map.of();
        limits = Map.copyOf(others);
    }

    /** The tapes differ in their operations. */
    private static final class LoopsMet extends RuntimeException {
        private LoopsMet() {
            super("the tapes differ in their operations", null, false, false);
        }
    }

    /**
     * Compares the block with the last program at further sizes, after which {@link #programs}, {@link #proven} and
     * {@link #runs} are known. Where the block computes something else from a size on, it is traced and proven on both
     * sides, which gives several programs.
     *
     * @return false if the block has to be traced again, because the next trace covers more sizes
     * @throws ExportException naming a size at which the block computes something else than the program
     */
    public boolean prove(Program program) {
        if (divided.isPresent()) {
            return true;
        }
        try {
            proven = withTableEnds(new ProgramComparison(
                            recorded, plan, limits, request.region(), program, traced, request.probeBudget())
                    .search(request.stated()));
            programs = new Programs.One(program, request.bound());
            runs = plan.runs(proven, program::cost, program::values).stream()
                    .map(this::withBound)
                    .toList();
        } catch (SizeChange e) {
            // Perhaps a number is equal at the few traced sizes only: more sizes determine its expression.
            if (e.isNumber() && (refine() || traceAround(e, program))) {
                return false;
            }
            keep(new SizeDivision(request(), recorded, plan).of(e, program));
        } catch (CountProbes.Change e) {
            if (!e.isNumber() || counts.size() == MAX_ROUNDS || !counts.add(e.count())) {
                throw new ExportException(List.of(e.getMessage()));
            }
            return false;
        }
        traced = null;
        return true;
    }

    private ProvenSizes withTableEnds(ProvenSizes sizes) {
        List<String> remarks = new ArrayList<>(sizes.remarks());
        tableEnds.forEach((name, end) -> {
            if (end < Prober.DEFAULT_MAX) {
                remarks.add(name + " ends at " + end + ", where a table of Java numbers ends that is in the model; a "
                        + "dimension limit for " + name + " sets another end");
            }
        });
        return new ProvenSizes(sizes.ranges(), sizes.comparisons(), List.copyOf(remarks));
    }

    /**
     * Traces the block also on both sides of a size at which a number changes, such as min(T, 128), in search of an
     * expression that holds on both.
     */
    private boolean traceAround(SizeChange change, Program program) {
        if (change.threshold().isEmpty() && change.together() == 0 || roundsAround == MAX_ROUNDS) {
            return false;
        }
        roundsAround++;
        SamplingPlan before = plan;
        plan = change.threshold()
                .map(threshold -> before.around(threshold.dimension(), threshold.largest(), limits)
                        .withTraces(List.of(change.before(), change.after())))
                .orElseGet(() -> before.aroundTogether(change.together(), limits))
                .within(request.region());
        if (program.cost(plan.largest()) <= SizeDivision.MAX_TRACED_COST) {
            try {
                retraced = Optional.of(traceAtPlannedSizes());
                return true;
            } catch (ExportException | LoopsMet e) {
                // No expression holds on both sides.
            }
        }
        plan = before;
        return false;
    }

    private static Map<String, Long> with(Map<String, Long> sizes, String name, long size) {
        Map<String, Long> others = new HashMap<>(sizes);
        others.put(name, size);
        return others;
    }

    private Map<String, Long> withBound(Map<String, Long> sizes) {
        Map<String, Long> all = new LinkedHashMap<>(sizes);
        request.bound().forEach((name, size) -> all.put(name, size.at(sizes)));
        return all;
    }

    /** What the block computes, at all sizes that are {@linkplain #proven proven}. */
    public Programs programs() {
        return programs;
    }

    /** The smallest proven size of a dimension. */
    long smallest(String dimension) {
        return provenSize(dimension, SamplingPlan.Limit::min);
    }

    /** The largest proven size of a dimension. */
    long largest(String dimension) {
        return provenSize(dimension, SamplingPlan.Limit::max);
    }

    private long provenSize(String dimension, ToLongFunction<SamplingPlan.Limit> end) {
        Size bound = request.bound().get(dimension);
        if (bound == null) {
            return end.applyAsLong(proven.ranges().get(dimension));
        }
        return bound.isFixed() ? bound.value() : provenSize(bound.toString(), end);
    }

    /** The sizes at which the last program's graph should be run and compared with the block. */
    public List<Map<String, Long>> runs() {
        return runs;
    }

    /** The sizes for which the last program was found to be right. */
    public ProvenSizes proven() {
        return proven;
    }

    private Program traceAtPlannedSizes() {
        Optional<SamplingPlan> finer = finer();
        Optional<Program> program = trace(plan, finer.isEmpty());
        // Squares of a dimension and arithmetic with strided sizes are rare, and finding them takes more traces.
        Program found = program.orElseGet(() -> {
            refine();
            return trace(plan, true).orElseThrow();
        });
        assumptions = found.assumptions();
        return found;
    }

    /**
     * Makes the next trace cover more sizes, for a block whose program does not match at other sizes.
     *
     * @return false if it already does, or there are no more sizes
     */
    public boolean refine() {
        if (divided.isPresent()) {
            return false;
        }
        Optional<SamplingPlan> finer = finer();
        isFine = true;
        plan = finer.orElse(plan);
        return finer.isPresent();
    }

    /** A plan of more sizes; a region's plan has enough. */
    private Optional<SamplingPlan> finer() {
        return isFine || !request.region().isAll() ? Optional.empty() : plan.finer(limits, isLong);
    }

    /** The last program's {@linkplain Program#assumptions assumptions}, the likely causes if the program is wrong. */
    public List<String> assumptions() {
        return divided.map(DividedSizes::assumptions).orElse(assumptions);
    }

    /** The program; empty if a finer plan may find more than this one, unless it is the last. */
    private Optional<Program> trace(SamplingPlan sizes, boolean isLast) {
        SamplingPlan more = sizes;
        Optional<Program> program;
        try {
            program = traceOnce(sizes, isLast, false);
        } catch (ExportException e) {
            more = scattered(sizes);
            if (!isLast || !isInexpressible || e.getCause() != null || more.equals(sizes)) {
                throw e;
            }
            program = traceAgain(more, e);
        }
        for (int round = 1; round <= MAX_ROUNDS && isLast && !wanted.isEmpty(); round++) {
            more = more.withTraces(wanted);
            try {
                program = traceOnce(more, true, round == MAX_ROUNDS);
            } catch (ExportException e) {
                if (e.getCause() == null || isIncomplete) {
                    throw e;
                }
                return program; // The block cannot run at these sizes.
            }
        }
        return program;
    }

    /** More sizes, for numbers that follow one of two dimensions here and the other one there. */
    private SamplingPlan scattered(SamplingPlan sizes) {
        return sizes.dimensions().size() > 1 && request.region().isAll() ? sizes.scattered(limits) : sizes;
    }

    /** Traces at more sizes in search of an expression that was not found; without one, the first refusal stands. */
    private Optional<Program> traceAgain(SamplingPlan more, ExportException refusal) {
        Map<String, Long> tables = unbounded;
        try {
            return traceOnce(more, true, false);
        } catch (ExportException | LoopsMet e) {
            unbounded = tables;
            areAlike = true;
            isInexpressible = true;
            throw refusal;
        }
    }

    private Optional<Program> traceOnce(SamplingPlan sizes, boolean isLast, boolean isUnique) {
        while (true) {
            try {
                return traceKeeping(sizes, isLast, isUnique);
            } catch (Recorder.MoreNeeded e) {
                recorded.keep(e);
            }
        }
    }

    private Optional<Program> traceKeeping(SamplingPlan sizes, boolean isLast, boolean isUnique) {
        List<Recorder> recorders = new ArrayList<>();
        try (NDManager engine = NDManager.newBaseManager(recorded.device())) {
            List<List<TapeValue>> outputs = new ArrayList<>();
            ParameterNames names = recorded.names();
            Map<String, Long> first = sizes.traces().get(0);
            recorders.add(recorded.recorder(engine, names, Selection.ACTUAL));
            outputs.add(recorded.record(recorders.get(0), first, SEED, plan, limits));
            recorders.get(0).findPaths();
            // Once more with other values: numbers that differ now depend on values, and must not become constants. At
            // once, so that an array of the same shape that the block keeps shows, too.
            Recorder other = recorded.recorder(engine, names, Selection.ACTUAL);
            recorders.add(other);
            List<TapeValue> otherOutputs = recorded.record(other, first, OTHER_SEED, plan, limits);
            for (Map<String, Long> point :
                    sizes.traces().subList(1, sizes.traces().size())) {
                recorders.add(recorders.size() - 1, recorded.recorder(engine, names, Selection.ACTUAL));
                outputs.add(recorded.record(recorders.get(recorders.size() - 2), point, SEED, plan, limits));
            }
            outputs.add(otherOutputs);
            int traces = sizes.traces().size();
            int longest = IntStream.range(0, traces)
                    .boxed()
                    .max(Comparator.comparing(i -> recorders.get(i).steps().size()))
                    .orElseThrow();
            if (recorders.get(0).steps().stream().anyMatch(step -> step.kind() == Step.Kind.SELECTING)) {
                // And with masks that select another number of elements, of many.
                for (Selection selection : Selection.forced(counts)) {
                    recorders.add(recorded.recorder(engine, names, selection));
                    try {
                        outputs.add(recorded.record(
                                recorders.get(recorders.size() - 1),
                                sizes.traces().get(sizes.widest()),
                                SEED,
                                plan,
                                limits));
                    } catch (ExportException e) {
                        // The block itself may not work for so many.
                        recorders.remove(recorders.size() - 1).close();
                    }
                }
            }
            List<Tape> tapes = IntStream.range(0, recorders.size())
                    .mapToObj(i -> recorders.get(i).tape(outputs.get(i)))
                    .toList();
            List<Tape> otherValues = tapes.subList(traces, tapes.size());
            boolean hasLoops = !LoopFinder.areAlike(tapes);
            areAlike = !hasLoops;
            isInexpressible = false;
            if (hasLoops && !isLong) {
                throw new LoopsMet();
            }
            TapeComparison comparison = hasLoops
                    ? combineLoops(sizes, tapes.subList(0, traces), otherValues)
                    : combine(sizes, tapes.subList(0, traces), otherValues);
            try {
                Optional<Program> program = comparison.combine(isLast, isUnique);
                wanted = comparison.wanted().stream()
                        .filter(request.region()::contains)
                        .collect(Collectors.toSet());
                isIncomplete = comparison.isIncomplete();
                traced = new ProgramComparison.Traced(
                        program.filter(found -> !hasLoops).map(comparison::expectation),
                        program.filter(found -> hasLoops).map(found -> comparison.combined()),
                        recorders.get(longest).steps().size(),
                        sizes.traces().get(longest),
                        comparison.needsAllCounts());
                return program;
            } catch (ExportException e) {
                unbounded = comparison.unbounded();
                if (recorders.get(0).hasOwnArrays()) {
                    recorders.get(0).wantCalls(); // How the block computed them shows what they are at other sizes.
                }
                Recorder again = recorded.recorder(engine, names, Selection.ACTUAL);
                recorders.add(again);
                try {
                    outputs.add(recorded.record(again, first, SEED, plan, limits));
                } catch (ExportException failure) {
                    areAlike = true; // It worked with these inputs before: no size is the reason.
                    e.addSuppressed(failure);
                    throw e;
                }
                requireSame(tapes.get(0), again.tape(outputs.get(outputs.size() - 1)));
                isInexpressible = areAlike;
                throw e;
            }
        } finally {
            recorders.forEach(Recorder::close);
        }
    }

    /** Checks that a refusal is not due to a block that computes something else in each call. */
    private void requireSame(Tape tape, Tape again) {
        tape.difference(again).ifPresent(difference -> {
            areAlike = true; // No size is the reason.
            throw new ExportException(
                    List.of("the block computes something else when it is called again with the same inputs: it counts "
                            + "its calls, keeps what it computed, draws random numbers or reads the time; a graph does "
                            + "the same in each call, so make such a number an input (they first differ at "
                            + difference + ")"));
        });
    }

    private TapeComparison combine(SamplingPlan sizes, List<Tape> tapes, List<Tape> otherValues) {
        List<TapeComparison.Varied> varied = IntStream.range(0, otherValues.size())
                .mapToObj(i -> new TapeComparison.Varied(i == 0 ? 0 : sizes.widest(), otherValues.get(i)))
                .toList();
        return new TapeComparison(sizes, limits, request.inputs(), tapes, varied);
    }

    private TapeComparison combineLoops(SamplingPlan sizes, List<Tape> tapes, List<Tape> otherValues) {
        List<Tape> all = Stream.concat(tapes.stream(), otherValues.stream()).toList();
        List<Tape> rolled = LoopFinder.roll(all).orElse(all);
        return combine(sizes, rolled.subList(0, tapes.size()), rolled.subList(tapes.size(), rolled.size()));
    }
}
