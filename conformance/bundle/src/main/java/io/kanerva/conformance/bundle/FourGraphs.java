package io.kanerva.conformance.bundle;

import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.onnx.GraphRunner;
import io.kanerva.onnx.Tensor;
import io.kanerva.runtime.Bundle;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The reference for a bundle's graphs that are whole calls: the four graphs on ONNX Runtime, and what is between them
 * in float64.
 */
final class FourGraphs extends LocalRuntime {
    private final Path folder;
    private final Bundle bundle;
    private final GraphRunner runner = JavaRuntime.runner();

    FourGraphs(Path folder, Bundle bundle) {
        super(new Description("the four graphs", "The four graphs", "four graphs", "cpu", Set.of(false), false));
        this.folder = folder;
        this.bundle = bundle;
    }

    @Override
    List<Tensor> answer(Job job, Map<String, Tensor> inputs) {
        String whole = name(bundle, job.model());
        return outputs(bundle, whole, new HostSide(bundle.settings()).run(whole, inputs, this::runOne));
    }

    private Map<String, Tensor> runOne(String graph, Map<String, Tensor> known) {
        Map<String, Tensor> graphInputs = new LinkedHashMap<>();
        bundle.graphs().get(graph).inputs().forEach(input -> graphInputs.put(input.name(), known.get(input.name())));
        return runner.run(folder.resolve(bundle.graphs().get(graph).file()), graphInputs);
    }

    /** The name of the bundle's graph that a file holds. */
    static String name(Bundle bundle, Path model) {
        return bundle.graphs().entrySet().stream()
                .filter(known -> model.endsWith(known.getValue().file()))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "expected one of the bundle's graphs, found '%s'".formatted(model.getFileName())));
    }

    /** A graph's outputs in its order, with their names. */
    static List<Tensor> outputs(Bundle bundle, String graph, Map<String, Tensor> known) {
        return bundle.graphs().get(graph).outputs().stream()
                .map(output -> known.get(output.name()).named(output.name()))
                .toList();
    }
}
