package io.kanerva.bundle;

import io.kanerva.onnx.GraphRunner;
import io.kanerva.onnx.PreciseWeights;
import io.kanerva.onnx.PreciseWeights.Sample;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.WeightPacking;
import io.kanerva.onnx.WeightType;
import io.kanerva.onnx.proto.ModelProto;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The weights of a bundle's graphs that stay in float32 when the others are stored in half precision, so that no output
 * of the chain from images to logits exceeds {@link PreciseWeights}' budget. Keys and latents are the vectors'.
 */
final class PreciseChain {
    /** The rest of the budget is for differences between runtimes in float32. */
    private static final double MAX_SHARE = 0.9;

    private final Map<String, ModelProto> graphs;
    private final Map<String, List<Sample>> vectors;
    private final GraphRunner runner;
    /** By graph, its weights in float32 and its inputs: most candidates change what only one graph computes. */
    private final Map<List<Object>, List<Map<String, Tensor>>> known = new HashMap<>();

    /**
     * @param graphs in float32, in the order of the chain
     * @param vectors of each graph: inputs with the float32 outputs
     */
    PreciseChain(Map<String, ModelProto> graphs, Map<String, List<Sample>> vectors, GraphRunner runner) {
        this.graphs = graphs;
        this.vectors = vectors;
        this.runner = runner;
    }

    /**
     * First brings each graph separately within the budget, then all in a chain: weights are kept in float32 one at a
     * time, always the one that helps most.
     *
     * @return names of each graph's weights
     */
    Map<String, Set<String>> find() {
        Map<String, Set<String>> kept = new LinkedHashMap<>();
        graphs.forEach(
                (graph, model) -> kept.put(graph, PreciseWeights.of(model, vectors.get(graph), runner, MAX_SHARE)));
        while (share(kept) > MAX_SHARE) {
            Optional<Map<String, Set<String>>> better = graphs.keySet().stream()
                    .flatMap(graph -> WeightPacking.weights(graphs.get(graph)).stream()
                            .filter(weight -> !kept.get(graph).contains(weight))
                            .map(weight -> with(kept, graph, weight)))
                    .min(Comparator.comparingDouble(this::share));
            if (better.isEmpty()) {
                break;
            }
            kept.putAll(better.get());
        }
        return kept;
    }

    private static Map<String, Set<String>> with(Map<String, Set<String>> kept, String graph, String weight) {
        Map<String, Set<String>> more = new LinkedHashMap<>(kept);
        Set<String> names = new LinkedHashSet<>(kept.get(graph));
        names.add(weight);
        more.put(graph, names);
        return more;
    }

    /** The largest fraction of the budget that an output of the chain uses. */
    private double share(Map<String, Set<String>> kept) {
        double share = 0;
        List<Map<String, Tensor>> computed = new ArrayList<>();
        vectors.values().iterator().next().forEach(sample -> computed.add(new HashMap<>()));
        for (String graph : graphs.keySet()) {
            List<Sample> samples = vectors.get(graph);
            List<Map<String, Tensor>> inputs = new ArrayList<>();
            for (int set = 0; set < computed.size(); set++) {
                inputs.add(new LinkedHashMap<>(samples.get(set).inputs()));
                inputs.get(set).replaceAll(computed.get(set)::getOrDefault);
            }
            List<Map<String, Tensor>> outputs =
                    known.computeIfAbsent(List.of(graph, kept.get(graph), inputs), key -> run(graph, kept, inputs));
            for (int set = 0; set < computed.size(); set++) {
                computed.get(set).putAll(outputs.get(set));
                share = Math.max(share, PreciseWeights.share(samples.get(set).outputs(), outputs.get(set)));
            }
        }
        return share;
    }

    private List<Map<String, Tensor>> run(
            String graph, Map<String, Set<String>> kept, List<Map<String, Tensor>> inputs) {
        byte[] packed = WeightPacking.pack(graphs.get(graph), WeightType.FLOAT16, kept.get(graph))
                .toByteArray();
        return inputs.stream().map(each -> runner.run(packed, each)).toList();
    }
}
