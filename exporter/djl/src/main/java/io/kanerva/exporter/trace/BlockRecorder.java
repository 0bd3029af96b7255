package io.kanerva.exporter.trace;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import io.kanerva.exporter.trace.block.BlockNumbers;
import io.kanerva.exporter.trace.block.BlockRun;
import io.kanerva.exporter.trace.block.CallSite;
import io.kanerva.exporter.trace.block.ParameterNames;
import io.kanerva.onnx.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Runs a block at given sizes, with recording arrays or with the engine's own. */
final class BlockRecorder {
    private final Block block;
    private final List<InputSpec> inputs;
    private final Sampler sampler;
    private final Statistics statistics;
    /** What recordings keep; grows where they need more. */
    private Recorder.Retention retention = Recorder.Retention.LEAST;

    BlockRecorder(Block block, List<InputSpec> inputs, Sampler sampler, Statistics statistics) {
        this.block = block;
        this.inputs = inputs;
        this.sampler = sampler;
        this.statistics = statistics;
        // The engine would end the process at an array of such a type, so the block's own calls are seen before it.
        if (BlockNumbers.types(block).stream().anyMatch(Arguments::isLacking) && Interception.install() == null) {
            retention = new Recorder.Retention(false, false, true);
        }
    }

    Recorder.Retention retention() {
        return retention;
    }

    /** Makes the next recordings keep what one needed. */
    void keep(Recorder.MoreNeeded more) {
        retention = more.needed();
    }

    /** The class loader of the user's block. */
    ClassLoader loader() {
        return block.getClass().getClassLoader();
    }

    /** A recorder of this block that keeps what recordings were seen to need. */
    Recorder recorder(NDManager engine, ParameterNames names, Selection selection) {
        return new Recorder(engine, names, statistics, retention, selection);
    }

    /** A recorder that is compared with a program. */
    Recorder recorder(
            NDManager engine, ParameterNames names, Recorder.Retention kept, Selection selection, Probe probe) {
        return new Recorder(engine, names, statistics, kept, selection, probe);
    }

    ParameterNames names() {
        return new ParameterNames(block);
    }

    Set<Long> numbers() {
        return BlockNumbers.of(block);
    }

    /** The device of the block's parameters. */
    Device device() {
        return block.getParameters().values().stream()
                .findFirst()
                .map(p -> p.getArray().getDevice())
                .orElse(Device.cpu());
    }

    /**
     * Records the block.
     *
     * @param plan the sizes that are tried where the block fails, to explain it
     * @param limits sizes that dynamic dimensions may take, by name
     * @return the outputs
     * @throws ExportException listing everything that cannot be recorded
     */
    List<TapeValue> record(
            Recorder recorder,
            Map<String, Long> sizes,
            long seed,
            SamplingPlan plan,
            Map<String, SamplingPlan.Limit> limits) {
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
            // What the engine computed in an earlier call is closed with that call's manager.
            boolean isClosed = e instanceof IllegalStateException
                    && String.valueOf(e.getMessage()).contains("resource has been released");
            problems.add((isClosed
                            ? Recorder.KEPT
                            : new BlockFailure(block, inputs, plan, limits, this::runs).explain(e, sizes))
                    + " (" + recorder.siteOf(e, loader()) + ")");
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
        List<TapeValue> values = results.stream().map(recorder::resultOf).toList();
        recorder.end();
        if (!recorder.problems().isEmpty()) {
            throw new ExportException(recorder.problems());
        }
        recorder.requireSameConstants();
        return values;
    }

    /** Runs the block on a recorder's inputs. */
    NDList run(Recorder recorder, Map<String, Long> sizes, long seed) {
        if (retention.calls()) {
            fillCaches(sizes);
        }
        NDList arguments = new NDList();
        for (InputSpec input : inputs) {
            arguments.add(recorder.input(input, sampler, sizes, seed));
        }
        return forward(recorder, arguments);
    }

    /**
     * Runs the block, with this tracer's statistics, on given inputs.
     *
     * @param values all inputs by name
     * @return copies of the block's outputs
     */
    List<Tensor> compute(Map<String, Tensor> values) {
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
                names(),
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
        return recorder.during(() -> BlockRun.forward(block, new TracingParameterStore(recorder), inputs));
    }

    /** Whether the block runs with the engine's own arrays. */
    boolean runs(Map<String, Long> sizes) {
        try {
            Map<String, Tensor> values = new HashMap<>();
            inputs.forEach(input -> values.put(input.name(), sampler.sample(input, sizes, Tracer.SEED)));
            compute(values);
            return true;
        } catch (RuntimeException e) {
            return false;
        }
    }

    /** Lets the block make the arrays that it keeps for a size, which must not be recording ones. */
    private void fillCaches(Map<String, Long> sizes) {
        Map<String, Tensor> values = new HashMap<>();
        inputs.forEach(input -> values.put(input.name(), sampler.sample(input, sizes, Tracer.SEED)));
        Map<NDArray, NDArray> before = new IdentityHashMap<>();
        // Those of earlier calls are closed, or recording ones.
        BlockNumbers.arrays(block).stream()
                .filter(array -> !(array instanceof TracedArray) && !array.isReleased())
                .forEach(array -> before.put(array, array.duplicate()));
        try {
            Interception.checkingTypes(() -> compute(values));
        } catch (RuntimeException e) {
            // The recording says why.
        }
        before.forEach((array, copy) -> {
            // Running it must not change the block.
            copy.copyTo(array);
            copy.close();
        });
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
}
