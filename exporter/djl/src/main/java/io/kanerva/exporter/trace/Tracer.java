package io.kanerva.exporter.trace;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import io.kanerva.onnx.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Runs a block on recording arrays at several sizes and combines the tapes into one {@link Program}. */
public final class Tracer {
    private static final long SEED = 1;
    /** A recording that is compared as a whole takes so much longer per operation. */
    private static final double LOOP_WEIGHT = 3;

    private static final double ELEMENTS_PER_UNIT = 1 << 14;
    private static final long OTHER_SEED = 3;
    private static final int MAX_LISTED = 3;
    /** The search for sizes usually ends much earlier, with its budget. */
    private static final long MAX_PROBE_NANOSECONDS = 120_000_000_000L;
    /** Sizes at which one run takes more multiplications are not traced around a threshold. */
    private static final double MAX_TRACED_COST = 5e8;
    /** Further traces that tell apart expressions for a number. */
    private static final int MAX_ROUNDS = 4;

    private final Block block;
    private final List<InputSpec> inputs;
    private final Sampler sampler;
    private SamplingPlan plan;
    private boolean isFine;
    private boolean isLong;
    /** Whether the last tapes have the same operations. */
    private boolean areAlike = true;

    private Recorder.Retention retention = Recorder.Retention.LEAST;
    private Set<Map<String, Long>> wanted = Set.of();
    private boolean isIncomplete;
    private List<String> assumptions = List.of();
    private final Statistics statistics;
    private Map<String, SamplingPlan.Limit> limits;
    /** Dimensions whose limits are the user's. */
    private final Set<String> stated;
    /** Dimensions of the block that have one size only here, so that the inputs have them fixed. */
    private final Map<String, Long> fixed;
    /** How often the sizes may still be divided into ranges, here and in the ranges. */
    private final AtomicInteger divisions;
    /** Whether the limits are a range in which the block computes the same. */
    private final boolean isRange;

    private final long probeBudget;
    /** Of the last program. */
    private Optional<Expectation> expectation = Optional.empty();
    /** Of the last program, if it has loops. */
    private Optional<CombinedTape> loops = Optional.empty();
    /** The most operations on a tape, and the sizes of that tape. */
    private int longestTape;

    private Map<String, Long> longestSizes = Map.of();

    private ProvenSizes proven;
    private List<Map<String, Long>> runs = List.of();
    private Programs programs;
    private Optional<SizeRanges> ranges = Optional.empty();
    /** A trace around a threshold that was just made. */
    private Optional<Program> retraced = Optional.empty();

    private int roundsAround;
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
        this(
                block,
                inputs,
                limits,
                limits.keySet(),
                Map.of(),
                sampler,
                statistics,
                probeBudget,
                new AtomicInteger(SizeRanges.MAX_RANGES - 1),
                false);
    }

    private Tracer(
            Block block,
            List<InputSpec> inputs,
            Map<String, SamplingPlan.Limit> limits,
            Set<String> stated,
            Map<String, Long> fixed,
            Sampler sampler,
            Statistics statistics,
            long probeBudget,
            AtomicInteger divisions,
            boolean isRange) {
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
        this.block = block;
        this.inputs = List.copyOf(inputs);
        this.stated = Set.copyOf(stated);
        this.fixed = Map.copyOf(fixed);
        this.divisions = divisions;
        this.isRange = isRange;
        this.sampler = sampler;
        this.statistics = statistics;
        this.probeBudget = probeBudget;
        Set<Long> fixedSizes = new LinkedHashSet<>();
        for (Parameter parameter : block.getParameters().values()) {
            Arrays.stream(parameter.getArray().getShape().getShape()).forEach(fixedSizes::add);
        }
        this.limits = Map.copyOf(limits);
        this.plan = SamplingPlan.of(inputs, limits, fixedSizes);
    }

    /** The device of the block's parameters. */
    public Device device() {
        return block.getParameters().values().stream()
                .findFirst()
                .map(p -> p.getArray().getDevice())
                .orElse(Device.cpu());
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
            if (areAlike || e.getCause() != null) {
                throw e;
            }
            // A few sizes may differ from all others; where many do, it is a loop.
            divide(scan().orElseThrow(() -> e), reason -> e);
            return programs.first();
        }
    }

    private Optional<Prober.Threshold> scan() {
        try (NDManager engine = NDManager.newBaseManager(device())) {
            ParameterNames names = new ParameterNames(block);
            return new SizeScan(plan, limits, sizes -> {
                        try (Recorder recorder = new Recorder(engine, names, statistics, retention, Selection.ACTUAL)) {
                            return Optional.of(recorder.tape(record(recorder, sizes, SEED)));
                        } catch (ExportException | Recorder.MoreNeeded e) {
                            return Optional.empty();
                        }
                    })
                    .first();
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
            plan = plan.longer(limits).orElse(plan);
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
            if (bad > good && runs(with(sizes, name, bad - 1))) {
                good = bad - 1;
            }
            while (bad - good > 1) {
                long middle = (good + bad) / 2;
                if (runs(with(sizes, name, middle))) {
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
        if (ranges.isPresent()) {
            return true;
        }
        try {
            proven = withTableEnds(search(program));
            programs = new Programs.One(program, fixed);
            runs = plan.runs(proven, program::cost).stream()
                    .map(this::withFixed)
                    .toList();
        } catch (Prober.Change e) {
            // Perhaps a number is equal at the few traced sizes only: more sizes determine its expression.
            if (e.isNumber() && (refine() || traceAround(e, program))) {
                return false;
            }
            divide(e, program);
        }
        expectation = Optional.empty();
        loops = Optional.empty();
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
    private boolean traceAround(Prober.Change change, Program program) {
        if (change.threshold().isEmpty() || roundsAround == MAX_ROUNDS) {
            return false;
        }
        roundsAround++;
        Prober.Threshold threshold = change.threshold().get();
        SamplingPlan before = plan;
        plan = plan.around(threshold.dimension(), threshold.largest(), limits);
        if (program.cost(plan.largest()) <= MAX_TRACED_COST) {
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

    private void divide(Prober.Change change, Program program) {
        String one = "one graph cannot do both";
        Prober.Threshold threshold = change.threshold().orElseThrow(() -> refusal(change, one));
        Map<String, Long> large =
                with(plan.largest(), threshold.dimension(), threshold.largest() + SamplingPlan.MAX_DISTANCE);
        if (program.cost(large) > MAX_TRACED_COST) {
            throw refusal(change, "such sizes are too large to be traced");
        }
        divide(threshold, reason -> refusal(change, reason.isEmpty() ? one : one + " (" + reason + ")"));
    }

    /** A refusal because of a change; the remedy is for all sizes, and therefore missing within a range of them. */
    private ExportException refusal(Prober.Change change, String reason) {
        return new ExportException(List.of(isRange ? change.getMessage() : change.message(reason)));
    }

    /**
     * Traces and proves the block on both sides of a size at which it changes.
     *
     * @param refusal the exception for a reason why that does not work, or for none
     */
    private void divide(Prober.Threshold threshold, Function<String, ExportException> refusal) {
        if (divisions.getAndDecrement() <= 0) {
            throw refusal.apply("");
        }
        String name = threshold.dimension();
        long largest = threshold.largest();
        SamplingPlan.Limit limit = limits.getOrDefault(name, SamplingPlan.Limit.from(1));
        long end = limit.isOpen() && stated.contains(name) ? SamplingPlan.Limit.OPEN : limit.max(Prober.DEFAULT_MAX);
        try {
            SizeRanges found =
                    SizeRanges.of(threshold, within(name, limit.min(), largest), within(name, largest + 1, end));
            programs = found.programs();
            proven = found.proven();
            runs = found.runs();
            ranges = Optional.of(found);
        } catch (ExportException e) {
            throw refusal.apply(
                    divisions.get() < 0
                            ? "there are more than " + SizeRanges.MAX_RANGES + " such ranges of sizes"
                            : String.join("; ", e.problems()));
        }
    }

    /** A tracer of the same block where a dimension has other limits. */
    private Tracer within(String name, long min, long max) {
        Map<String, SamplingPlan.Limit> others = new HashMap<>(limits);
        Map<String, Long> single = new HashMap<>(fixed);
        List<InputSpec> specs = inputs;
        if (min == max) {
            others.remove(name);
            single.put(name, min);
            specs = inputs.stream().map(input -> input.with(name, min)).toList();
        } else {
            others.put(name, new SamplingPlan.Limit(min, max));
        }
        return new Tracer(block, specs, others, stated, single, sampler, statistics, probeBudget, divisions, true);
    }

    private static Map<String, Long> with(Map<String, Long> sizes, String name, long size) {
        Map<String, Long> others = new HashMap<>(sizes);
        others.put(name, size);
        return others;
    }

    private Map<String, Long> withFixed(Map<String, Long> sizes) {
        Map<String, Long> all = new LinkedHashMap<>(sizes);
        all.putAll(fixed);
        return all;
    }

    /** What the block computes, at all sizes that are {@linkplain #proven proven}. */
    public Programs programs() {
        return programs;
    }

    /** The smallest proven size of a dimension. */
    long smallest(String dimension) {
        return fixed.containsKey(dimension)
                ? fixed.get(dimension)
                : proven.ranges().get(dimension).min();
    }

    /** The largest proven size of a dimension. */
    long largest(String dimension) {
        return fixed.containsKey(dimension)
                ? fixed.get(dimension)
                : proven.ranges().get(dimension).max();
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
        Optional<SamplingPlan> finer = isFine ? Optional.empty() : plan.finer(limits, isLong);
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
        if (ranges.isPresent()) {
            return false;
        }
        Optional<SamplingPlan> finer = isFine ? Optional.empty() : plan.finer(limits, isLong);
        isFine = true;
        plan = finer.orElse(plan);
        return finer.isPresent();
    }

    /** The last program's {@linkplain Program#assumptions assumptions}, the likely causes if the program is wrong. */
    public List<String> assumptions() {
        return ranges.map(SizeRanges::assumptions).orElse(assumptions);
    }

    /** The program; empty if a finer plan may find more than this one, unless it is the last. */
    private Optional<Program> trace(SamplingPlan sizes, boolean isLast) {
        Optional<Program> program = traceOnce(sizes, isLast, false);
        SamplingPlan more = sizes;
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

    private Optional<Program> traceOnce(SamplingPlan sizes, boolean isLast, boolean isUnique) {
        while (true) {
            try {
                return trace(sizes, isLast, isUnique, retention);
            } catch (Recorder.MoreNeeded e) {
                retention = e.needed();
            }
        }
    }

    private Optional<Program> trace(SamplingPlan sizes, boolean isLast, boolean isUnique, Recorder.Retention kept) {
        List<Recorder> recorders = new ArrayList<>();
        try (NDManager engine = NDManager.newBaseManager(device())) {
            List<List<TapeValue>> outputs = new ArrayList<>();
            ParameterNames names = new ParameterNames(block);
            for (Map<String, Long> point : sizes.traces()) {
                recorders.add(new Recorder(engine, names, statistics, kept, Selection.ACTUAL));
                outputs.add(record(recorders.get(recorders.size() - 1), point, SEED));
            }
            recorders.get(0).findPaths();
            int traces = recorders.size();
            longestTape = 0;
            for (int i = 0; i < traces; i++) {
                if (recorders.get(i).steps().size() > longestTape) {
                    longestTape = recorders.get(i).steps().size();
                    longestSizes = sizes.traces().get(i);
                }
            }
            // Once more with other values: numbers that differ now depend on values, and must not become constants.
            recorders.add(new Recorder(engine, names, statistics, kept, Selection.ACTUAL));
            outputs.add(record(recorders.get(traces), sizes.traces().get(0), OTHER_SEED));
            if (recorders.get(0).steps().stream().anyMatch(step -> step.kind() == Step.Kind.SELECTING)) {
                // And with masks that select another number of elements.
                for (Selection selection : Selection.forced()) {
                    recorders.add(new Recorder(engine, names, statistics, kept, selection));
                    try {
                        outputs.add(record(
                                recorders.get(recorders.size() - 1),
                                sizes.traces().get(0),
                                SEED));
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
            if (hasLoops && !isLong) {
                throw new LoopsMet();
            }
            TapeComparison comparison = hasLoops
                    ? combineLoops(sizes, tapes.subList(0, traces), otherValues)
                    : combine(sizes, tapes.subList(0, traces), otherValues);
            try {
                Optional<Program> program = comparison.combine(isLast, isUnique);
                wanted = comparison.wanted();
                isIncomplete = comparison.isIncomplete();
                expectation = program.filter(found -> !hasLoops).map(comparison::expectation);
                loops = program.filter(found -> hasLoops).map(found -> comparison.combined());
                return program;
            } catch (ExportException e) {
                unbounded = comparison.unbounded();
                if (recorders.get(0).hasOwnArrays()) {
                    recorders.get(0).wantCalls(); // How the block computed them shows what they are at other sizes.
                }
                throw e;
            }
        } finally {
            recorders.forEach(Recorder::close);
        }
    }

    private TapeComparison combine(SamplingPlan sizes, List<Tape> tapes, List<Tape> otherValues) {
        List<TapeComparison.Varied> varied = otherValues.stream()
                .map(tape -> new TapeComparison.Varied(0, tape))
                .toList();
        return new TapeComparison(sizes, limits, inputs, tapes, varied);
    }

    private TapeComparison combineLoops(SamplingPlan sizes, List<Tape> tapes, List<Tape> otherValues) {
        List<Tape> all = Stream.concat(tapes.stream(), otherValues.stream()).toList();
        List<Tape> rolled = LoopFinder.roll(all).orElse(all);
        return combine(sizes, rolled.subList(0, tapes.size()), rolled.subList(tapes.size(), rolled.size()));
    }

    /** Lets the block make the arrays that it keeps for a size, which must not be recording ones. */
    private void fillCaches(Map<String, Long> sizes) {
        Map<String, Tensor> values = new HashMap<>();
        inputs.forEach(input -> values.put(input.name(), sampler.sample(input, sizes, SEED)));
        Map<NDArray, NDArray> before = new IdentityHashMap<>();
        BlockNumbers.arrays(block).forEach(array -> before.put(array, array.duplicate()));
        try {
            compute(values);
        } catch (RuntimeException e) {
            // The recording says why.
        }
        before.forEach((array, copy) -> {
            // Running it must not change the block.
            copy.copyTo(array);
            copy.close();
        });
    }

    private ProvenSizes search(Program program) {
        Probe.Budget budget = new Probe.Budget(probeBudget, MAX_PROBE_NANOSECONDS);
        ParameterNames names = new ParameterNames(block);
        boolean isUnrolled = expectation.isPresent();
        try (NDManager engine = NDManager.newBaseManager(device())) {
            return new Prober(
                            plan,
                            limits,
                            stated,
                            sizes -> isUnrolled
                                    ? isAffordable(program, sizes, budget)
                                            ? probe(engine, names, sizes, budget)
                                            : new Prober.Outcome(Prober.Kind.NOT_KNOWN, "")
                                    : probeLoop(engine, names, program, sizes, budget),
                            budget::isSpent)
                    .search(plan.dimensions().isEmpty() ? Set.of() : BlockNumbers.of(block), isUnrolled);
        }
    }

    /** Spends the budget for a run without recording, if {@link #fillCaches} needs one. */
    private boolean isAffordable(Program program, Map<String, Long> sizes, Probe.Budget budget) {
        return !retention.calls() || budget.spend((long) (program.cost(sizes) / ELEMENTS_PER_UNIT));
    }

    /** Records a block with a loop, and compares the recording with the program. */
    private Prober.Outcome probeLoop(
            NDManager engine, ParameterNames names, Program program, Map<String, Long> sizes, Probe.Budget budget) {
        double ratio = sizes.entrySet().stream()
                .mapToDouble(size -> (double) size.getValue() / longestSizes.getOrDefault(size.getKey(), 1L))
                .max()
                .orElse(1);
        double units = LOOP_WEIGHT * Math.max(1, ratio) * longestTape + program.cost(sizes) / ELEMENTS_PER_UNIT;
        if (!budget.spend((long) units)) {
            return new Prober.Outcome(Prober.Kind.NOT_KNOWN, "");
        }
        try (Recorder recorder = new Recorder(engine, names, statistics, retention, Selection.ACTUAL)) {
            Tape tape = recorder.tape(record(recorder, sizes, SEED));
            return LoopReplay.difference(loops.orElseThrow(), tape, sizes)
                    .map(text -> new Prober.Outcome(Prober.Kind.DIFFERENT, text))
                    .orElse(new Prober.Outcome(Prober.Kind.SAME, ""));
        } catch (Recorder.MoreNeeded e) {
            retention = e.needed();
            return probeLoop(engine, names, program, sizes, budget);
        } catch (ExportException e) {
            return new Prober.Outcome(Prober.Kind.FAILS, String.join("; ", e.problems()));
        }
    }

    private Prober.Outcome probe(NDManager engine, ParameterNames names, Map<String, Long> sizes, Probe.Budget budget) {
        while (true) {
            try {
                Prober.Outcome outcome = probe(engine, names, sizes, budget, retention);
                if (outcome.kind() != Prober.Kind.FAILS || retention.values()) {
                    return outcome;
                }
                // Perhaps it fails at the zeros that stand for large arrays, such as a singular matrix.
                return probe(
                        engine,
                        names,
                        sizes,
                        budget,
                        new Recorder.Retention(true, retention.constants(), retention.calls()));
            } catch (Recorder.MoreNeeded e) {
                retention = e.needed();
            }
        }
    }

    private Prober.Outcome probe(
            NDManager engine,
            ParameterNames names,
            Map<String, Long> sizes,
            Probe.Budget budget,
            Recorder.Retention kept) {
        Probe probe = new Probe(expectation.orElseThrow(), sizes, budget);
        try (Recorder recorder = new Recorder(engine, names, statistics, kept, Selection.ACTUAL, probe)) {
            List<String> problems = recorder.problems();
            try {
                probe.start();
                probe.end(
                        run(recorder, sizes, SEED).stream()
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
                problems = List.of("the block fails: " + e + " ("
                        + recorder.siteOf(e, block.getClass().getClassLoader()) + ")");
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

    /**
     * Runs the block, with this tracer's statistics, on given inputs.
     *
     * @param values all inputs by name
     * @return copies of the block's outputs
     */
    public List<Tensor> compute(Map<String, Tensor> values) {
        try (NDManager manager = NDManager.newBaseManager(device())) {
            NDList arguments = new NDList();
            for (InputSpec input : inputs) {
                NDArray array = DjlTensors.toArray(values.get(input.name()), manager);
                array.setName(input.name());
                arguments.add(array);
            }
            if (statistics == Statistics.RUNNING) {
                try {
                    return block.forward(new ParameterStore(manager, false), new NDList(arguments), false).stream()
                            .map(DjlTensors::copyOf)
                            .toList();
                } catch (UnsupportedOperationException e) {
                    // Perhaps the recording has a formula for a method that the engine lacks; if not, it fails with the
                    // reason.
                    return computeRecorded(manager, arguments);
                }
            }
            // The block itself uses these statistics in training only, with dropout and updates of the running ones.
            return computeRecorded(manager, arguments);
        }
    }

    private List<Tensor> computeRecorded(NDManager manager, NDList arguments) {
        try (Recorder recorder = new Recorder(
                manager,
                new ParameterNames(block),
                statistics,
                new Recorder.Retention(true, true, retention.calls()),
                Selection.ACTUAL)) {
            NDList traced = new NDList();
            arguments.forEach(array -> traced.add(recorder.input(array.getName(), array)));
            return forward(recorder, traced).stream()
                    .map(array -> DjlTensors.copyOf(recorder.valueOf(array).array()))
                    .toList();
        }
    }

    private NDList forward(Recorder recorder, NDList inputs) {
        return recorder.during(() -> block.forward(new TracingParameterStore(recorder), inputs, false));
    }

    /** Whether the block runs with the engine's own arrays. */
    private boolean runs(Map<String, Long> sizes) {
        try {
            Map<String, Tensor> values = new HashMap<>();
            inputs.forEach(input -> values.put(input.name(), sampler.sample(input, sizes, SEED)));
            compute(values);
            return true;
        } catch (RuntimeException e) {
            return false;
        }
    }

    /** The exporter's own refusal, which may have been wrapped on its way out of the block; null if there is none. */
    private static ExportException refusal(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof ExportException refusal) {
                return refusal;
            }
        }
        return null;
    }

    private List<TapeValue> record(Recorder recorder, Map<String, Long> sizes, long seed) {
        NDList results;
        try {
            results = run(recorder, sizes, seed);
        } catch (Recorder.MoreNeeded e) {
            throw e;
        } catch (RuntimeException e) {
            ExportException refusal = refusal(e);
            if (refusal != null) {
                throw refusal;
            }
            if (!(e instanceof EngineException) && CallSite.isThrownByEngine(e)) {
                recorder.wantCalls(); // It may expect an array of its own.
            }
            List<String> problems = new ArrayList<>(recorder.problems());
            problems.add(new BlockFailure(block, inputs, plan, limits, this::runs).explain(e, sizes) + " ("
                    + recorder.siteOf(e, block.getClass().getClassLoader()) + ")");
            throw new ExportException(problems, e);
        }
        if (results == null || results.isEmpty() || results.stream().anyMatch(Objects::isNull)) {
            recorder.problems()
                    .add("the block returns "
                            + (results == null
                                    ? "null"
                                    : results.isEmpty() ? "an empty list" : "a list with null in it")
                            + "; a model needs at least one output, each an array");
            throw new ExportException(recorder.problems());
        }
        List<TapeValue> values = results.stream().map(recorder::valueOf).toList();
        if (!recorder.problems().isEmpty()) {
            throw new ExportException(recorder.problems());
        }
        recorder.requireSameConstants();
        return values;
    }

    private NDList run(Recorder recorder, Map<String, Long> sizes, long seed) {
        if (retention.calls()) {
            fillCaches(sizes);
        }
        NDList arguments = new NDList();
        for (InputSpec input : inputs) {
            arguments.add(recorder.input(input, sampler, sizes, seed));
        }
        return forward(recorder, arguments);
    }
}
