package io.kanerva.bundle;

import static io.kanerva.runtime.BundleGraph.*;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kanerva.runtime.BundleGraph;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.runtime.ModelSettings.Addressing;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A graph that is a whole call, with its tensors in order.
 *
 * @param graph its name in bundle.json; the file is called {@code NAME.onnx}
 */
record WholeSpec(BundleGraph graph, List<GraphTensor> inputs, List<GraphTensor> outputs) {
    private static final String ANY = "any";
    private static final String UNIT = "[0, 1]";
    private static final String COSINE = "[-1, 1]";

    /** All of them, in the order in which a program calls them. */
    static List<WholeSpec> of(ModelSettings settings) {
        List<WholeSpec> specs = new ArrayList<>();
        for (BundleGraph graph : BundleGraph.WHOLE) {
            specs.add(new WholeSpec(
                    graph,
                    graph.inputs(settings.addressing()).stream()
                            .map(name -> tensor(graph, name, settings))
                            .toList(),
                    graph.outputs().stream()
                            .map(name -> tensor(graph, name, settings))
                            .toList()));
        }
        return specs;
    }

    /** Adds them to bundle.json's {@code graphs}. */
    static void describe(ObjectNode graphs, ModelSettings settings, Map<String, String> digests) {
        for (WholeSpec spec : of(settings)) {
            String file = spec.graph.label() + ".onnx";
            ObjectNode node = graphs.putObject(spec.graph.label());
            node.put("file", file).put("sha256", digests.get(file));
            node.set("inputs", BundleDescription.tensors(spec.inputs));
            node.set("outputs", BundleDescription.tensors(spec.outputs));
        }
    }

    private static GraphTensor tensor(BundleGraph graph, String name, ModelSettings s) {
        String reads = graph == GENERATE ? "N" : graph == SCORE ? "T" : "Q";
        return switch (name) {
            case IMAGES -> images(name, "an episode's images", "T", s);
            case MEMORY ->
                GraphTensor.of(
                        name,
                        "the memories",
                        ANY,
                        "B",
                        s.memory().channels(),
                        s.grows() ? GraphSpec.HEIGHT : s.memory().height(),
                        s.memory().width());
            case POINTERS -> GraphTensor.of(name, pointers(graph), ANY, "B", "T", s.keys(), 3);
            case CONTENTS -> images(name, "the images that the pointers read back", "T", s);
            case FEATURES ->
                GraphTensor.of(
                        name,
                        "their features, unit vectors",
                        COSINE,
                        "B",
                        "T",
                        s.image().floats() + 1);
            case QUERIES -> images(name, "images to look up", reads, s);
            case RECALLED -> images(name, "the images of the samples found; the next iteration's queries", reads, s);
            case SAMPLE ->
                GraphTensor.of(name, "the samples found", "0 to T - 1", "B", reads)
                        .of("int64");
            case SCORE_OF_SAMPLE -> GraphTensor.of(name, "their scores", COSINE, "B", reads);
            case SCORES -> GraphTensor.of(name, "the scores of all samples", COSINE, "B", reads, "T");
            case KEYS -> GraphTensor.of(name, "the keys of the images", ANY, "B", reads, s.keys(), 3);
            case KEY_NOISE -> GraphTensor.of(name, keyNoise(graph, s), ANY, "B", reads, s.keys(), 3);
            case NOISE -> GraphTensor.of(name, "standard normal numbers for the latents", ANY, "B", reads, s.latent());
            case GENERATED -> images(name, "new images", reads, s);
            case RECONSTRUCTION -> GraphTensor.of(name, "-ln p of each image, in nats", ANY, "B", "T");
            case KL_KEYS -> GraphTensor.of(name, "divergence of each sample's keys, in nats", ANY, "B", "T");
            case KL_LATENT -> GraphTensor.of(name, "divergence of each sample's latent, in nats", ANY, "B", "T");
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static GraphTensor images(String name, String meaning, String count, ModelSettings s) {
        return GraphTensor.of(
                name,
                meaning,
                UNIT,
                "B",
                count,
                s.image().channels(),
                s.image().height(),
                s.image().width());
    }

    private static String pointers(BundleGraph graph) {
        return switch (graph) {
            case INDEX -> "the keys to read at: the written samples' pointers, without those that were freed";
            case GENERATE -> "the pointers of the written samples, to draw from";
            case RECALL -> "the pointers that the index was made from";
            default -> "the keys under which the samples were written";
        };
    }

    private static String keyNoise(BundleGraph graph, ModelSettings s) {
        String normal = "standard normal numbers for the keys, (scale, x, y)";
        return graph == GENERATE && s.addressing() == Addressing.DEREFERENCED
                ? normal + ": the fraction of x chooses the sample, that of y one of its keys"
                : normal;
    }
}
