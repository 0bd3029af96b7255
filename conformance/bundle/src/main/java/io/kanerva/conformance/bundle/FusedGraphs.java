package io.kanerva.conformance.bundle;

import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.onnx.GraphRunner;
import io.kanerva.onnx.Tensor;
import io.kanerva.runtime.Bundle;
import io.kanerva.runtime.BundleGraph;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * The reference for a bundle's fused graphs: the two graphs that each stands for, one after the other on ONNX Runtime.
 */
final class FusedGraphs extends LocalRuntime {
    static final Set<String> NAMES =
            Set.of(BundleGraph.ENCODER_MEMORY_WRITER.label(), BundleGraph.READER_DECODER.label());

    private final Path folder;
    private final Bundle bundle;
    private final GraphRunner runner = JavaRuntime.runner();

    FusedGraphs(Path folder, Bundle bundle) {
        super(new Description("the four graphs", "The four graphs", "four graphs", "cpu", Set.of(false), false));
        this.folder = folder;
        this.bundle = bundle;
    }

    @Override
    List<Tensor> answer(Job job, Map<String, Tensor> inputs) {
        String fused = name(bundle, job.model());
        return outputs(bundle, fused, run(fused, inputs, this::runOne));
    }

    private Map<String, Tensor> runOne(String graph, Map<String, Tensor> known) {
        Map<String, Tensor> graphInputs = new LinkedHashMap<>();
        bundle.graphs().get(graph).inputs().forEach(input -> graphInputs.put(input.name(), known.get(input.name())));
        return runner.run(folder.resolve(bundle.graphs().get(graph).file()), graphInputs);
    }

    /**
     * A fused graph in two steps.
     *
     * @param inputs the fused graph's
     * @param graph runs one of the four graphs: takes its name and all tensors so far, and returns its outputs
     * @return inputs and outputs of both, by name
     */
    static Map<String, Tensor> run(
            String fused,
            Map<String, Tensor> inputs,
            BiFunction<String, Map<String, Tensor>, Map<String, Tensor>> graph) {
        Map<String, Tensor> known = new LinkedHashMap<>(inputs);
        if (fused.equals(BundleGraph.ENCODER_MEMORY_WRITER.label())) {
            known.putAll(graph.apply(BundleGraph.ENCODER.label(), known));
            known.putAll(graph.apply(BundleGraph.MEMORY_WRITER.label(), known));
        } else {
            known.putAll(graph.apply(BundleGraph.READER.label(), known));
            known.put(
                    BundleGraph.LATENT,
                    gaussian(
                            known.get(BundleGraph.PRIOR_MEAN),
                            known.get(BundleGraph.PRIOR_LOG_VARIANCE),
                            known.get(BundleGraph.NOISE)));
            known.putAll(graph.apply(BundleGraph.DECODER.label(), known));
        }
        return known;
    }

    /** mean + exp(logVariance / 2) noise; all of one shape and type. */
    static Tensor gaussian(Tensor mean, Tensor logVariance, Tensor noise) {
        double[] means = mean.doubles();
        double[] logVariances = logVariance.doubles();
        double[] values = noise.doubles();
        for (int i = 0; i < values.length; i++) {
            values[i] = means[i] + Math.exp(0.5 * logVariances[i]) * values[i];
        }
        return Tensor.of(mean.type(), values, mean.shape());
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
