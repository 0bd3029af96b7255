package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.internal.NDArrayEx;
import ai.djl.nn.Blocks;
import io.kanerva.exporter.trace.RecordedMethods.Entry;
import io.kanerva.exporter.trace.RecordedMethods.Kind;
import io.kanerva.exporter.trace.block.ParameterNames;
import io.kanerva.onnx.Tensor;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Runs functions on recording arrays, without an export. */
public final class Recording {
    private Recording() {}

    /** A function's result as a recording computes it. */
    public static Tensor compute(Function<NDList, NDArray> function, NDList inputs) {
        return record(
                inputs,
                (recorder, traced) -> DjlTensors.copyOf(
                        recorder.valueOf(function.apply(traced)).array()));
    }

    /** For each operation that a function records: whether a result of the engine's shares memory with an argument. */
    public static Map<String, Boolean> sharing(Function<NDList, NDArray> function, NDList inputs) {
        return record(inputs, (recorder, traced) -> {
            function.apply(traced);
            Map<String, Boolean> sharing = new HashMap<>();
            for (Step step : recorder.steps()) {
                boolean isShared = step.inputs().stream()
                        .filter(Objects::nonNull)
                        .anyMatch(input ->
                                step.outputs().stream().anyMatch(output -> shares(input.array(), output.array())));
                sharing.merge(step.operation(), isShared, Boolean::logicalOr);
            }
            return sharing;
        });
    }

    private static boolean shares(NDArray source, NDArray result) {
        NDArray before = source.duplicate();
        List<Tensor> results = new ArrayList<>();
        try {
            for (int number : new int[] {0, 1}) {
                source.set(new NDIndex("..."), number);
                results.add(DjlTensors.copyOf(result));
            }
            source.set(new NDIndex("..."), before);
        } catch (RuntimeException e) {
            return false; // The engine changes no complex and no broadcast arrays.
        }
        return !results.get(0).equals(results.get(1));
    }

    /** The operations whose results are recorded as views. */
    public static Set<String> views() {
        return Stream.of(NDArray.class, NDArrayEx.class)
                .flatMap(type -> Arrays.stream(type.getMethods()))
                .map((Method method) -> RecordedMethods.find(method))
                .flatMap(Optional::stream)
                .filter(entry -> entry.kind() == Kind.VIEW || entry.kind() == Kind.PASS)
                .map(Entry::operation)
                .collect(Collectors.toSet());
    }

    private interface Use<T> {
        T of(Recorder recorder, NDList inputs);
    }

    private static <T> T record(NDList inputs, Use<T> use) {
        try (NDManager engine = NDManager.newBaseManager();
                Recorder recorder = new Recorder(
                        engine,
                        new ParameterNames(Blocks.identityBlock()),
                        Statistics.RUNNING,
                        new Recorder.Retention(true, true, false),
                        Selection.ACTUAL)) {
            NDList traced = new NDList();
            for (NDArray input : inputs) {
                NDArray copy = input.duplicate();
                copy.attach(recorder.engine());
                traced.add(recorder.input("x" + traced.size(), copy));
            }
            T result = use.of(recorder, traced);
            if (!recorder.problems().isEmpty()) {
                throw new ExportException(recorder.problems());
            }
            return result;
        }
    }
}
