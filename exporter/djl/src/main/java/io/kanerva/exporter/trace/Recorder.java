package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import io.kanerva.exporter.trace.TapeValue.Kind;
import io.kanerva.exporter.trace.block.BlockPaths;
import io.kanerva.exporter.trace.block.CallSite;
import io.kanerva.exporter.trace.block.ParameterNames;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.zip.CRC32;

/**
 * One recording: computes with the engine's arrays and records the operations on a tape.
 *
 * <p>Not thread-safe. Owns a sub-manager of the engine with all intermediate arrays; {@link #close} frees them.
 */
final class Recorder implements AutoCloseable {
    /** Larger arrays are dropped where only their shape is needed, and constants with more elements not copied. */
    private static final long MAX_KEPT = 1 << 14;

    private static final String SEVERAL_THREADS =
            "the block computes on several threads, as a parallel stream or an executor does; only one thread's "
                    + "operations can be recorded, make the stream sequential";

    static final String KEPT = "the block uses an array that it kept from an earlier call; a graph keeps nothing "
            + "from call to call, make the array an input and an output, or compute it anew in each call";

    private final NDManager engine;
    private final NDManager manager;
    private final ParameterNames names;
    private final BlockPaths paths;
    private final Thread thread = Thread.currentThread();
    /** The recording array of each constant, as it was when it was used last. */
    private final Map<NDArray, NDArray> constants = new IdentityHashMap<>();
    /** Checksums of large constants, which are not copied. */
    private final Map<NDArray, Long> checksums = new IdentityHashMap<>();

    private final Map<Parameter, NDArray> parameters = new IdentityHashMap<>();
    private final List<Step> steps = new ArrayList<>();
    private final List<TapeValue> values = new ArrayList<>();
    private final List<String> problems = Collections.synchronizedList(new ArrayList<>());
    private final BitSet dependent = new BitSet();
    /** Values that were dropped, and those computed from them. */
    private final BitSet dropped = new BitSet();
    /** Parameters, and constants that the block did not make during the recording. */
    private final BitSet held = new BitSet();

    private final Retention retention;
    private final EngineCalls calls;
    /** Compares the recording with a program; null if there is none yet. */
    private final Probe probe;

    private String lastParameter = "";
    private boolean hasEnded;

    /**
     * What a recording keeps; as little as possible at first, since the values of a large network take gigabytes.
     *
     * @param values whether to keep values that depend on the inputs; if not, large ones are dropped, except for their
     *     shape
     * @param constants whether to copy large constants, too, because the block closes or changes them
     * @param calls whether to record calls on the engine's own arrays, which takes {@link Interception}
     */
    record Retention(boolean values, boolean constants, boolean calls) {
        static final Retention LEAST = new Retention(false, false, false);
    }

    /** The recording needs more than its retention kept. */
    static final class MoreNeeded extends RuntimeException {
        private final transient Retention needed;

        private MoreNeeded(Retention needed) {
            super("a recording needs " + needed, null, false, false);
            this.needed = needed;
        }

        Retention needed() {
            return needed;
        }
    }

    /**
     * Starts a recording.
     *
     * @param engine parent of the recording's own manager
     * @param names names of the block's parameters
     * @param statistics the statistics that batch normalisations use
     * @param retention what to keep
     * @param selection how many elements masks select
     */
    Recorder(NDManager engine, ParameterNames names, Statistics statistics, Retention retention, Selection selection) {
        this(engine, names, statistics, retention, selection, null);
    }

    /** Starts a recording that is compared with a program, and stops where it differs. */
    Recorder(
            NDManager engine,
            ParameterNames names,
            Statistics statistics,
            Retention retention,
            Selection selection,
            Probe probe) {
        this.probe = probe;
        this.engine = engine.newSubManager();
        this.manager = ManagerHandler.wrap(this, this.engine);
        this.names = names;
        this.paths = new BlockPaths(names.tree());
        this.retention = retention;
        this.calls = new EngineCalls(this, statistics, retention, selection, probe);
    }

    NDManager manager() {
        return manager;
    }

    NDManager engine() {
        return engine;
    }

    /** Runs methods on the engine for this recording. */
    EngineCalls calls() {
        return calls;
    }

    List<Step> steps() {
        return steps;
    }

    List<String> problems() {
        return problems;
    }

    /** An input with generated values. */
    NDArray input(InputSpec spec, Sampler sampler, Map<String, Long> sizes, long seed) {
        Shape shape = spec.shapeAt(sizes);
        boolean isShapeOnly = probe != null && !retention.values() && shape.size() > Probe.MAX_KEPT;
        InputSpec sampled = isShapeOnly ? InputSpec.of(spec.name(), spec.type(), Dimension.fixed(1)) : spec;
        NDArray values = DjlTensors.toArray(sampler.sample(sampled, sizes, seed), engine);
        NDArray array = isShapeOnly ? values.broadcast(shape) : values;
        array.setName(spec.name());
        NDArray input = input(spec.name(), array);
        dropped.set(valueOf(input).id(), isShapeOnly);
        return input;
    }

    NDArray input(String name, NDArray array) {
        TapeValue value = value(Kind.INPUT, name, array);
        dependent.set(value.id());
        return ArrayHandler.wrap(this, value);
    }

    NDArray parameter(Parameter parameter) {
        paths.read(parameter, here().calls());
        lastParameter = names.of(parameter);
        return parameters.computeIfAbsent(parameter, p -> held(value(Kind.PARAMETER, names.of(p), p.getArray())));
    }

    private NDArray held(TapeValue value) {
        held.set(value.id());
        return ArrayHandler.wrap(this, value);
    }

    /**
     * A recording array for an ordinary one: a parameter's, or a constant, which stays the same until its values
     * change. Constants are copied, because the block may close or change them later; large ones only if it was seen to
     * do so.
     */
    NDArray constant(NDArray array) {
        Optional<Parameter> parameter = names.holding(array);
        if (parameter.isPresent()) {
            return parameter(parameter.get());
        }
        NDArray known = constants.get(array);
        boolean isCopied = retention.constants() || array.size() <= MAX_KEPT;
        if (known != null
                && (!isCopied || ((TracedArray) known).tapeValue().array().contentEquals(array))) {
            return known;
        }
        if (array.getManager() == engine) {
            constants.put(array, ArrayHandler.wrap(this, value(Kind.CONSTANT, "", array)));
        } else if (isCopied) {
            NDArray copy = array.duplicate();
            copy.attach(engine);
            constants.put(array, held(value(Kind.CONSTANT, "", copy)));
        } else {
            checksums.put(array, checksum(array));
            constants.put(array, held(value(Kind.CONSTANT, "", array)));
        }
        return constants.get(array);
    }

    private static long checksum(NDArray array) {
        CRC32 sum = new CRC32();
        sum.update(array.toByteBuffer(true));
        return sum.getValue();
    }

    /** Checks that large constants are as they were. */
    void requireSameConstants() {
        checksums.forEach((array, sum) -> {
            if (array.isReleased() || checksum(array) != sum) {
                throw new MoreNeeded(new Retention(retention.values(), true, retention.calls()));
            }
        });
    }

    /** Whether the block keeps a value from call to call. */
    boolean isHeld(TapeValue value) {
        return held.get(value.id());
    }

    /** Whether the block used arrays of its own. */
    boolean hasOwnArrays() {
        return values.stream().anyMatch(value -> value.kind() == Kind.CONSTANT && isHeld(value));
    }

    /** Whether a value depends on the inputs. */
    boolean isDependent(TapeValue value) {
        return dependent.get(value.id());
    }

    /** Whether a value's array has its shape only. */
    boolean isDropped(TapeValue value) {
        return dropped.get(value.id());
    }

    /** The exception for an operation that cannot do without values that were dropped. */
    MoreNeeded valuesNeeded() {
        return new MoreNeeded(new Retention(true, retention.constants(), retention.calls()));
    }

    /**
     * Asks for another recording, with calls on the engine's own arrays, if this one has none.
     *
     * @return why that is not possible; empty if this recording has them
     */
    String wantCalls() {
        if (retention.calls()) {
            return "";
        }
        String obstacle = Interception.install();
        if (obstacle == null) {
            throw new MoreNeeded(new Retention(retention.values(), retention.constants(), true));
        }
        return obstacle;
    }

    /** Runs a block on this recording's arrays. */
    <T> T during(Supplier<T> block) {
        return retention.calls() ? Interception.during(this, block) : block.get();
    }

    /** Call when the block's results are on the tape: arrays that it keeps must not be used in later calls. */
    void end() {
        hasEnded = true;
    }

    /** The value on the tape for an array, traced or ordinary. */
    TapeValue valueOf(NDArray array) {
        TracedArray traced = (TracedArray) (array instanceof TracedArray ? array : constant(array));
        if (traced.recorder() != this) {
            throw fail(KEPT);
        }
        return traced.tapeValue();
    }

    /** The value on the tape for an array that the block returned. */
    TapeValue resultOf(NDArray array) {
        boolean isKept = array instanceof TracedArray traced ? traced.recorder() != this : array.isReleased();
        if (isKept) {
            problems.add(KEPT);
            throw new ExportException(problems);
        }
        return valueOf(array);
    }

    private TapeValue value(Kind kind, String name, NDArray array) {
        return value(kind, name, array, probe == null ? here().site() : CallSite.NONE);
    }

    private TapeValue value(Kind kind, String name, NDArray array, CallSite site) {
        // The block must not close it with a scope of its own.
        NDScope.unregister(array);
        TapeValue value = new TapeValue(values.size(), kind, name, array, site);
        values.add(value);
        return value;
    }

    /** The line that is running now. */
    CallSite site() {
        return here().site();
    }

    /** Puts an operation on the tape, or compares it with the program; returns its results as recording arrays. */
    Object step(String operation, List<TapeValue> inputs, Map<String, Object> attributes, Object result) {
        NDList outputs = result instanceof NDList list ? list : new NDList((NDArray) result);
        boolean isDependent = inputs.stream().anyMatch(input -> input != null && dependent.get(input.id()));
        boolean isDropped = inputs.stream().anyMatch(input -> input != null && dropped.get(input.id()));
        boolean isSelecting = Selection.isBy(operation, attributes);
        if (isDropped && isSelecting) {
            throw valuesNeeded();
        }
        CallSite.Running running = probe == null ? here() : null;
        List<TapeValue> results = new ArrayList<>();
        for (NDArray output : outputs) {
            boolean isEmpty = probe != null && probe.isShared(output);
            boolean isShared = isEmpty || inputs.stream().anyMatch(input -> input != null && input.array() == output);
            boolean isKept = retention.values() || isShared || !isDependent && probe == null;
            NDArray kept = isKept ? output : shapeOf(output);
            results.add(value(Kind.RESULT, "", kept, running == null ? CallSite.NONE : running.site()));
            dependent.set(results.get(results.size() - 1).id(), isDependent);
            dropped.set(results.get(results.size() - 1).id(), isDropped || isEmpty || kept != output);
        }
        if (running != null) {
            paths.step(running);
            steps.add(new Step(
                    operation,
                    inputs,
                    attributes,
                    results,
                    running.site(),
                    isDependent && isSelecting ? Step.Kind.SELECTING : Step.Kind.RECORDED));
        } else {
            probe.leave(results, this::site);
        }
        List<NDArray> wrapped =
                results.stream().map(value -> ArrayHandler.wrap(this, value)).toList();
        return result instanceof NDList ? new NDList(wrapped) : wrapped.get(0);
    }

    /**
     * Replaces a large array by one of the same type and shape that takes no memory: a recording does not need values
     * that depend on the inputs, and those of a large network would take gigabytes.
     */
    private NDArray shapeOf(NDArray output) {
        if (output.size() <= (probe == null ? MAX_KEPT : Probe.MAX_KEPT)) {
            return output;
        }
        if (probe != null) {
            try (output) {
                return probe.empty(output.getShape(), output.getDataType(), engine);
            }
        }
        try (output;
                NDArray zero = zero(engine, output.getDataType())) {
            return zero.broadcast(output.getShape());
        }
    }

    /** One zero of any type; the engine's own zeros are never complex. */
    static NDArray zero(NDManager engine, DataType type) {
        return type == DataType.COMPLEX64
                ? engine.zeros(new Shape(1, 2), DataType.FLOAT32).complex()
                : engine.zeros(new Shape(1), type);
    }

    static Object call(Method method, Object receiver, Object[] arguments) throws Throwable {
        try {
            return method.invoke(receiver, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    /**
     * The line that is running now.
     *
     * @throws ExportException if it is one of several tasks: what they compute is recorded in the order of one run
     */
    private CallSite.Running here() {
        CallSite.Running running = CallSite.here(lastParameter);
        if (running.isParallel() || Thread.currentThread() != thread) {
            throw severalThreads();
        }
        return running;
    }

    /**
     * Call before an array of the recording goes to the engine: another thread may still run when the recording has
     * ended and its arrays are freed, at which the engine would end the process.
     */
    void requireOneThread() {
        if (Thread.currentThread() != thread) {
            throw severalThreads();
        }
        if (hasEnded) {
            throw fail(KEPT);
        }
    }

    /** The exception of each thread but one; the first that gets here says so, for one reason in the message. */
    private ExportException severalThreads() {
        synchronized (problems) {
            return problems.stream().anyMatch(problem -> problem.startsWith(SEVERAL_THREADS))
                    ? new ExportException(problems)
                    : fail(SEVERAL_THREADS);
        }
    }

    /** Completes the operations' sites by the paths of their blocks; call when the block has finished. */
    void findPaths() {
        Map<CallSite, String> found = paths.find();
        steps.replaceAll(step -> step.at(step.site().withPath(found.get(step.site()))));
    }

    /** Adds a problem with the line that is running now; the recording continues. */
    void problem(String message) {
        problems.add(message + " (" + CallSite.here(lastParameter).site() + ")");
    }

    /** The line that caused an exception. */
    CallSite siteOf(Throwable exception, ClassLoader loader) {
        return CallSite.of(exception, lastParameter, loader);
    }

    /** An exception with all problems, a last one included. */
    ExportException fail(String message) {
        problem(message);
        return new ExportException(problems);
    }

    /** The exception for a method that needs a traced array's values. */
    ExportException valueRead(String method) {
        if (CallSite.isInsideEngine()) {
            String obstacle = wantCalls();
            return fail("an ordinary array has a traced array as its argument, which would freeze the traced values"
                    + (obstacle.isEmpty() ? "" : " (its calls are not recorded, since " + obstacle + ")")
                    + "; put the traced array first, as in traced.add(constant), or take the constant from"
                    + " traced.getManager().from(constant) or from the ParameterStore");
        }
        return fail(method
                + " reads the values of a traced array; control flow that "
                + "depends on values cannot be exported, "
                + "compute with arrays (where, comparisons) instead");
    }

    /** All that was recorded. */
    Tape tape(List<TapeValue> outputs) {
        return new Tape(values, steps, outputs);
    }

    @Override
    public void close() {
        end();
        engine.close();
    }
}
