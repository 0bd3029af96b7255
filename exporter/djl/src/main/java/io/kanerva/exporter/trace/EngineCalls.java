package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.index.dim.NDIndexPick;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.kanerva.exporter.trace.RecordedMethods.Entry;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Runs methods on the engine's arrays for a recording, which gets a step for each. */
final class EngineCalls {
    /** DJL's engine computes these in place, in their arguments, which would overwrite values on the tape. */
    private static final Set<String> OVERWRITES_ARGUMENTS = Set.of("gatherNd");

    /** PyTorch's native code reads beyond an array whose elements share memory, and ends the process. */
    private static final Set<String> NEEDS_MEMORY = Set.of("median");

    private final Recorder recorder;
    private final Statistics statistics;
    private final Recorder.Retention retention;
    private final Selection selection;
    /** Null if there is no program yet. */
    private final Probe probe;
    /** Masks that select elements, numbered in the order of their use; those that are computed alike are one. */
    private final Map<Integer, Integer> masks = new HashMap<>();

    private final AlikeValues alike = new AlikeValues();
    private int compared;
    private long selectable;

    EngineCalls(
            Recorder recorder, Statistics statistics, Recorder.Retention retention, Selection selection, Probe probe) {
        this.recorder = recorder;
        this.statistics = statistics;
        this.retention = retention;
        this.selection = selection;
        this.probe = probe;
    }

    /**
     * Runs a method on the engine and records it.
     *
     * @param self the receiver's value if it is an input of the operation, else null
     * @param receiver the engine's object to call
     * @return a recording array or an NDList of them
     */
    Object record(Method method, Entry entry, TapeValue self, Object receiver, Object[] args) throws Throwable {
        recorder.requireOneThread();
        Object[] arguments = entry.operation().equals("batchNorm") ? withStatistics(args) : args;
        List<TapeValue> inputs = new ArrayList<>();
        if (self != null) {
            inputs.add(self);
        }
        Map<String, Object> attributes = new LinkedHashMap<>();
        for (int i = 0; i < arguments.length; i++) {
            String name = entry.arguments().get(i);
            Class<?> type = method.getParameterTypes()[i];
            if (type == NDArray.class) {
                inputs.add(arguments[i] == null ? null : recorder.valueOf((NDArray) arguments[i]));
            } else if (type == NDList.class) {
                ((NDList) arguments[i]).forEach(array -> inputs.add(recorder.valueOf(array)));
            } else if (type == NDIndex.class) {
                TracedIndex index =
                        TracedIndex.of((NDIndex) arguments[i], self.shape().dimension());
                index.arrays().forEach(array -> inputs.add(recorder.valueOf(array)));
                attributes.putAll(index.attributes());
            } else if (!name.equals("-")) {
                attributes.put(name, Arguments.attribute(arguments[i]));
            }
        }
        Object[] ordinary = Arguments.ofEngine(recorder, self, arguments);
        if (Boolean.TRUE.equals(attributes.get("training")) && entry.operation().equals("batchNorm")) {
            // The engine would update the running mean and variance, so it gets copies.
            ordinary[1] = ((NDArray) ordinary[1]).duplicate();
            ordinary[2] = ((NDArray) ordinary[2]).duplicate();
        }
        if (OVERWRITES_ARGUMENTS.contains(entry.operation())) {
            ordinary = Arrays.stream(ordinary)
                    .map(a -> a instanceof NDArray array ? array.duplicate() : a)
                    .toArray();
        }
        Optional<NDList> shapes =
                probe(entry.operation(), inputs, attributes, entry.kind() == RecordedMethods.Kind.VIEW);
        if (shapes.isPresent()) {
            return recorder.step(
                    entry.operation(),
                    inputs,
                    attributes,
                    method.getReturnType() == NDList.class
                            ? shapes.get()
                            : shapes.get().get(0));
        }
        Object called = receiver;
        if (selection != Selection.ACTUAL && Selection.isBy(entry.operation(), attributes)) {
            switch (entry.operation()) {
                case "booleanMask" -> ordinary[0] = mask((NDArray) arguments[0]);
                case "nonzero" ->
                    called = recorder.isDependent(self) ? selection.mask(self.array(), number(self)) : receiver;
                case "unique" ->
                    called = recorder.isDependent(self) ? selection.different(self.array(), number(self)) : receiver;
                case "multiBoxDetection" -> {
                    if (recorder.isDependent(inputs.get(0))) {
                        ordinary[0] = selection.detected((NDList) ordinary[0]);
                        selectable = Math.max(selectable, inputs.get(0).shape().get(2));
                    }
                }
                default -> {} // The masks of an index are replaced in it.
            }
        }
        if (NEEDS_MEMORY.contains(entry.operation()) && called instanceof NDArray array) {
            try (NDArray own = array.duplicate()) {
                return recorder.step(entry.operation(), inputs, attributes, Recorder.call(method, own, ordinary));
            }
        }
        Object result = MissingMethods.contains(method)
                ? MissingMethods.compute(method, called, ordinary)
                : Recorder.call(method, called, ordinary);
        return recorder.step(entry.operation(), inputs, attributes, result);
    }

    /** Compares an operation that is about to run with the program; returns its results if only their shape matters. */
    private Optional<NDList> probe(
            String operation, List<TapeValue> inputs, Map<String, Object> attributes, boolean isView) {
        if (probe == null) {
            return Optional.empty();
        }
        probe.enter(operation, inputs, attributes, recorder::site);
        Optional<NDList> shapes = retention.values()
                ? Optional.empty()
                : probe.shapesOnly(operation, inputs, attributes, recorder.engine());
        if (shapes.isEmpty()) {
            probe.spend(operation, inputs, isView);
        }
        return shapes;
    }

    private Object[] withStatistics(Object[] args) {
        Object[] arguments = args.clone();
        int training = arguments.length - 1;
        arguments[training] = statistics == Statistics.BATCH || (boolean) args[training];
        return arguments;
    }

    /** A recording array whose elements are not set yet. */
    NDArray unset(Shape shape, DataType type) {
        Map<String, Object> attributes = Map.of("shape", shape.getShape());
        probe("zeros", List.of(), attributes, false);
        NDArray zeros = recorder.engine().zeros(shape, type);
        return ArrayHandler.unset(
                recorder, ((TracedArray) recorder.step("zeros", List.of(), attributes, zeros)).tapeValue());
    }

    /** Records a computation of several engine operations as one operation. */
    NDList composite(CompositeOperation operation, NDList inputs) {
        NDList ordinary = new NDList();
        inputs.forEach(array -> ordinary.add(recorder.valueOf(array).array()));
        List<TapeValue> read = inputs.stream().map(recorder::valueOf).toList();
        probe("composite", read, Map.of("operation", operation), false);
        NDList outputs = Interception.pausing(() -> operation.compute(ordinary));
        return (NDList) recorder.step("composite", read, Map.of("operation", operation), outputs);
    }

    /** Records {@code array.set(index, number or array)} on a copy and returns the new version. */
    TapeValue assign(TapeValue array, NDIndex index, Object data) {
        if (index.stream().anyMatch(NDIndexPick.class::isInstance)) {
            recorder.problem("set through a pick index does nothing in DJL's PyTorch engine; use scatter");
        }
        TracedIndex traced = TracedIndex.of(index, array.shape().dimension());
        Map<String, Object> attributes = new LinkedHashMap<>(traced.attributes());
        List<TapeValue> inputs = new ArrayList<>(List.of(array));
        traced.arrays().forEach(a -> inputs.add(recorder.valueOf(a)));
        if (data instanceof NDArray values) {
            inputs.add(recorder.valueOf(values));
        } else {
            attributes.put("value", Arguments.attribute(data));
        }
        probe("set", inputs, attributes, false);
        NDArray copy = array.array().duplicate();
        if (data instanceof NDArray values) {
            copy.set(traced.toEngine(recorder), recorder.valueOf(values).array());
        } else {
            copy.set(traced.toEngine(recorder), (Number) data);
        }
        return ((TracedArray) recorder.step("set", inputs, attributes, copy)).tapeValue();
    }

    /** Continues with the engine's result of an unsupported method, to find further problems. */
    Object unsupported(Method method, TapeValue self, Object receiver, Object[] arguments) throws Throwable {
        recorder.requireOneThread();
        try {
            Object[] ordinary = Arguments.ofEngine(recorder, self, arguments);
            return recorder.step(method.getName(), List.of(self), Map.of(), Recorder.call(method, receiver, ordinary));
        } catch (UnsupportedOperationException e) {
            throw new ExportException(recorder.problems(), e);
        }
    }

    /** The engine's array of a mask. */
    NDArray mask(NDArray array) {
        TapeValue value = recorder.valueOf(array);
        return recorder.isDependent(value) ? selection.mask(value.array(), number(value)) : value.array();
    }

    /** The most elements that an operation can have selected, as far as their number depends on values. */
    long selectable() {
        return selectable;
    }

    /** The number of a mask among those that select elements. */
    private int number(TapeValue mask) {
        selectable = Math.max(selectable, mask.array().size());
        for (; compared < recorder.steps().size(); compared++) {
            Step step = recorder.steps().get(compared);
            alike.add(step, List.of(step));
        }
        return masks.computeIfAbsent(alike.first(mask), id -> masks.size());
    }
}
