package io.kanerva.bundle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kanerva.onnx.ModelJoin;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.StringStringEntryProto;
import io.kanerva.onnx.proto.TensorProto;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The two optional graphs of a bundle, each two of the four in one, for runtimes where the way from one graph to the
 * next costs something: on a GPU it is a copy to the host and back.
 *
 * <ul>
 *   <li>{@code encoder-memory-writer}: images to memory; all outputs of both.
 *   <li>{@code reader-decoder}: memory, keys and noise to logits; all outputs of both. The decoder's latent is
 *       {@code prior_mean + exp(prior_log_variance / 2) * noise}: zeros give the prior's mean, which recall decodes.
 * </ul>
 */
final class FusedGraphs {
    static final String WRITE = "encoder-memory-writer";
    static final String READ = "reader-decoder";
    static final String NOISE = "noise";

    private FusedGraphs() {}

    /**
     * Makes both.
     *
     * @param graphs the four, by name
     * @return the two, by name
     */
    static Map<String, ModelProto> of(Map<String, ModelProto> graphs) {
        ModelProto reader = graphs.get(GraphSpec.READER);
        Map<String, ModelProto> fused = new LinkedHashMap<>();
        fused.put(
                WRITE,
                named(ModelJoin.join(
                        WRITE, List.of(graphs.get(GraphSpec.ENCODER), graphs.get(GraphSpec.MEMORY_WRITER)))));
        fused.put(READ, named(ModelJoin.join(READ, List.of(reader, sampler(reader), graphs.get(GraphSpec.DECODER)))));
        // The latent is an intermediate value here; whoever wants it computes it from the outputs.
        GraphProto.Builder graph = fused.get(READ).getGraph().toBuilder();
        List<ValueInfoProto> outputs = graph.getOutputList().stream()
                .filter(output -> !output.getName().equals("latent"))
                .toList();
        fused.put(
                READ,
                fused.get(READ).toBuilder()
                        .setGraph(graph.clearOutput().addAllOutput(outputs))
                        .build());
        return fused;
    }

    /** Adds both to bundle.json's {@code graphs}, described by what is said there of the four. */
    static void describe(ObjectNode graphs, Map<String, String> digests) {
        describe(graphs, WRITE, List.of(GraphSpec.ENCODER, GraphSpec.MEMORY_WRITER), digests);
        describe(graphs, READ, List.of(GraphSpec.READER, GraphSpec.DECODER), digests);
    }

    private static void describe(ObjectNode graphs, String name, List<String> parts, Map<String, String> digests) {
        ObjectNode node = graphs.putObject(name);
        node.put("file", name + ".onnx").put("sha256", digests.get(name + ".onnx"));
        ArrayNode inputs = node.putArray("inputs");
        ArrayNode outputs = node.putArray("outputs");
        Set<String> known = new LinkedHashSet<>();
        for (String part : parts) {
            for (JsonNode input : graphs.get(part).get("inputs")) {
                if (input.get("name").asText().equals("latent")) {
                    ObjectNode noise = ((ObjectNode) input.deepCopy()).put("name", NOISE);
                    inputs.add(
                            noise.put(
                                    "meaning",
                                    "standard normal numbers; the latents are prior_mean + exp(prior_log_variance / 2) * noise"));
                } else if (!known.contains(input.get("name").asText())) {
                    inputs.add(input.deepCopy());
                }
            }
            for (JsonNode output : graphs.get(part).get("outputs")) {
                known.add(output.get("name").asText());
                outputs.add(output.deepCopy());
            }
        }
    }

    /** What lies between reader and decoder: the latents, drawn from their prior with the caller's noise. */
    private static ModelProto sampler(ModelProto reader) {
        ValueInfoProto mean = output(reader, "prior_mean");
        ValueInfoProto logVariance = output(reader, "prior_log_variance");
        TensorProto half = Tensor.of("half", new float[] {0.5f}).toProto();
        GraphProto.Builder graph = GraphProto.newBuilder()
                .setName("latent")
                .addInput(mean)
                .addInput(logVariance)
                .addInput(mean.toBuilder().setName(NOISE))
                .addOutput(mean.toBuilder().setName("latent"))
                .addInitializer(half)
                .addNode(node("Mul", "log_deviation", "prior_log_variance", "half"))
                .addNode(node("Exp", "deviation", "log_deviation"))
                .addNode(node("Mul", "offset", "deviation", NOISE))
                .addNode(node("Add", "latent", "prior_mean", "offset"));
        return reader.toBuilder().setGraph(graph).build();
    }

    private static NodeProto node(String operator, String output, String... inputs) {
        return NodeProto.newBuilder()
                .setOpType(operator)
                .setName(output)
                .addOutput(output)
                .addAllInput(List.of(inputs))
                .build();
    }

    private static ValueInfoProto output(ModelProto model, String name) {
        return model.getGraph().getOutputList().stream()
                .filter(output -> output.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** Puts the graph's own name into the metadata, which came from its first part. */
    private static ModelProto named(ModelProto model) {
        ModelProto.Builder named = model.toBuilder().clearMetadataProps();
        for (StringStringEntryProto entry : model.getMetadataPropsList()) {
            boolean isName = entry.getKey().equals(BundleExporter.GRAPH_NAME);
            named.addMetadataProps(
                    isName
                            ? entry.toBuilder()
                                    .setValue(model.getGraph().getName())
                                    .build()
                            : entry);
        }
        return named.build();
    }
}
