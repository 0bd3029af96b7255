package io.kanerva.exporter.trace;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import io.kanerva.exporter.trace.block.ParameterNames;
import io.kanerva.onnx.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Runs a block on recording arrays at several sizes and combines the tapes into one {@link Program}. */
public final class Tracer {
    static final long SEED = 1;
    private static final long OTHER_SEED = 3;
    private static final int MAX_LISTED = 3;
    /** Sizes at which one run takes more multiplications are not traced around a threshold. */
    private static final double MAX_TRACED_COST = 5e8;
    /** Further traces that tell apart expressions for a number. */
    private static final int MAX_ROUNDS = 4;

    private final Block block;
    private final BlockRecorder recorded;
    private final List<InputSpec> inputs;
    private final Sampler sampler;
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
        this.recorded = new BlockRecorder(block, this.inputs, sampler, statistics);
    }

    /** The device of the block's parameters. */
    public Device device() {
        return recorded.device();
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
            divide(e);
            return programs.first();
        }
    }

    /** Divides the sizes for a block that runs other operations at some of the traced ones. */
    private void divide(ExportException refusal) {
        // Open until the end, since the values of constants are compared.
        List<Recorder> recorders = new ArrayList<>();
        try (NDManager engine = NDManager.newBaseManager(recorded.device())) {
            ParameterNames names = recorded.names();
            SizeScan scan = new SizeScan(
                    plan,
                    limits,
                    sizes -> {
                        Recorder recorder = recorded.recorder(engine, names, Selection.ACTUAL);
                        recorders.add(recorder);
                        try {
                            return Optional.of(recorder.tape(recorded.record(recorder, sizes, SEED, plan, limits)));
                        } catch (ExportException | Recorder.MoreNeeded e) {
                            return Optional.empty();
                        }
                    },
                    areAlike);
            Optional<Prober.Threshold> threshold = scan.first();
            if (threshold.isPresent()) {
                divide(threshold.get(), reason -> refusal);
            } else {
                divide(scan.period().orElseThrow(() -> refusal), refusal);
            }
        } finally {
            recorders.forEach(Recorder::close);
        }
    }

    /** Traces and proves the block for each remainder of a size. */
    private void divide(SizeScan.Period period, ExportException refusal) {
        SamplingPlan.Limit limit = limits.getOrDefault(period.dimension(), SamplingPlan.Limit.from(1));
        boolean isWide = limit.isOpen() || limit.max() - limit.min() >= 2L * period.divisor();
        if (divisions.addAndGet(1 - period.divisor()) < 0 || !isWide) {
            throw refusal;
        }
        List<Tracer> tracers = IntStream.range(0, period.divisor())
                .mapToObj(less -> ofMultiples(period, less))
                .toList();
        divided = Optional.of(SizeClasses.of(period, tracers));
        keepDivided();
    }

    private void keepDivided() {
        DividedSizes found = divided.orElseThrow();
        programs = found.programs();
        proven = found.proven();
        runs = found.runs();
    }

    /** A tracer of the same block where a dimension is a multiple of a number, less another one. */
    private Tracer ofMultiples(SizeScan.Period period, int less) {
        String name = period.dimension();
        long divisor = period.divisor();
        Map<String, SamplingPlan.Limit> others = new HashMap<>(limits);
        SamplingPlan.Limit limit = limits.getOrDefault(name, SamplingPlan.Limit.from(1));
        if (limits.containsKey(name)) {
            long max = limit.isOpen() ? SamplingPlan.Limit.OPEN : (limit.max() + less) / divisor;
            others.put(name, new SamplingPlan.Limit((limit.min() + less + divisor - 1) / divisor, max));
        }
        List<InputSpec> specs = inputs.stream()
                .map(input -> input.ofMultiples(name, divisor, less))
                .toList();
        return new Tracer(block, specs, others, stated, fixed, sampler, statistics, probeBudget, divisions, true);
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
            proven = withTableEnds(
                    new ProgramComparison(recorded, plan, limits, program, traced, probeBudget).search(stated));
            programs = new Programs.One(program, fixed);
            runs = plan.runs(proven, program::cost, program::values).stream()
                    .map(this::withFixed)
                    .toList();
        } catch (Prober.Change e) {
            // Perhaps a number is equal at the few traced sizes only: more sizes determine its expression.
            if (e.isNumber() && (refine() || traceAround(e, program))) {
                return false;
            }
            divide(e, program);
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
    private boolean traceAround(Prober.Change change, Program program) {
        if (change.threshold().isEmpty() && change.together() == 0 || roundsAround == MAX_ROUNDS) {
            return false;
        }
        roundsAround++;
        SamplingPlan before = plan;
        plan = change.threshold()
                .map(threshold -> before.around(threshold.dimension(), threshold.largest(), limits))
                .orElseGet(() -> before.aroundTogether(change.together(), limits));
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
        if (change.threshold().isEmpty() && change.together() > 0 && divideTogether(change.together())) {
            return;
        }
        Prober.Threshold threshold = change.threshold().orElseThrow(() -> refusal(change, one));
        Map<String, Long> large =
                with(plan.largest(), threshold.dimension(), threshold.largest() + SamplingPlan.MAX_DISTANCE);
        if (program.cost(large) > MAX_TRACED_COST) {
            throw refusal(change, "such sizes are too large to be traced");
        }
        divide(threshold, reason -> refusal(change, reason.isEmpty() ? one : one + " (" + reason + ")"));
    }

    /**
     * Divides one of several dimensions for a block that changes where all are larger than a size, as in {@code if (N >
     * 100 && T > 100)}.
     */
    private boolean divideTogether(long largest) {
        int left = divisions.get();
        for (String name : plan.dimensions()) {
            SamplingPlan.Limit limit = limits.getOrDefault(name, SamplingPlan.Limit.from(1));
            if (largest < limit.min() || largest >= limit.max(Prober.DEFAULT_MAX)) {
                continue;
            }
            try {
                divide(new Prober.Threshold(name, largest), reason -> new ExportException(List.of(reason)));
                return true;
            } catch (ExportException e) {
                divisions.set(left);
                divided = Optional.empty();
            }
        }
        return false;
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
            divided = Optional.of(found);
            keepDivided();
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
        if (divided.isPresent()) {
            return false;
        }
        Optional<SamplingPlan> finer = isFine ? Optional.empty() : plan.finer(limits, isLong);
        isFine = true;
        plan = finer.orElse(plan);
        return finer.isPresent();
    }

    /** The last program's {@linkplain Program#assumptions assumptions}, the likely causes if the program is wrong. */
    public List<String> assumptions() {
        return divided.map(DividedSizes::assumptions).orElse(assumptions);
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
                wanted = comparison.wanted();
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
        return new TapeComparison(sizes, limits, inputs, tapes, varied);
    }

    private TapeComparison combineLoops(SamplingPlan sizes, List<Tape> tapes, List<Tape> otherValues) {
        List<Tape> all = Stream.concat(tapes.stream(), otherValues.stream()).toList();
        List<Tape> rolled = LoopFinder.roll(all).orElse(all);
        return combine(sizes, rolled.subList(0, tapes.size()), rolled.subList(tapes.size(), rolled.size()));
    }
}
