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
import io.kanerva.runtime.BundleGraph;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The two optional graphs of a bundle, each combining two of the four, for runtimes where passing tensors between
 * graphs is expensive: on a GPU, it copies them to the host and back.
 *
 * <ul>
 *   <li>{@code encoder-memory-writer}: images to memory; all outputs of both.
 *   <li>{@code reader-decoder}: memory, keys and noise to logits; all outputs of both. The decoder's latent is
 *       {@code prior_mean + exp(prior_log_variance / 2) * noise}: zeros give the prior's mean, which recall decodes.
 * </ul>
 */
final class GraphFusion {
    private GraphFusion() {}

    /**
     * Builds both.
     *
     * @param graphs the four, by name
     * @return the two, by name
     */
    static Map<String, ModelProto> of(Map<String, ModelProto> graphs) {
        ModelProto encoder = graphs.get(BundleGraph.ENCODER.label());
        ModelProto writer = graphs.get(BundleGraph.MEMORY_WRITER.label());
        ModelProto reader = graphs.get(BundleGraph.READER.label());
        ModelProto decoder = graphs.get(BundleGraph.DECODER.label());
        ModelProto read = joined(BundleGraph.READER_DECODER, reader, sampler(reader), decoder);
        // The latent is an intermediate value here; callers can compute it from the outputs.
        GraphProto.Builder graph = read.getGraph().toBuilder();
        List<ValueInfoProto> outputs = graph.getOutputList().stream()
                .filter(output -> !output.getName().equals(BundleGraph.LATENT))
                .toList();
        Map<String, ModelProto> fused = new LinkedHashMap<>();
        fused.put(
                BundleGraph.ENCODER_MEMORY_WRITER.label(), joined(BundleGraph.ENCODER_MEMORY_WRITER, encoder, writer));
        fused.put(
                BundleGraph.READER_DECODER.label(),
                read.toBuilder()
                        .setGraph(graph.clearOutput().addAllOutput(outputs))
                        .build());
        return fused;
    }

    private static ModelProto joined(BundleGraph name, ModelProto... parts) {
        return named(ModelJoin.join(name.label(), List.of(parts)));
    }

    /** Adds both to bundle.json's {@code graphs}, with the four graphs' descriptions of tensors. */
    static void describe(ObjectNode graphs, Map<String, String> digests) {
        describe(
                graphs,
                BundleGraph.ENCODER_MEMORY_WRITER.label(),
                List.of(BundleGraph.ENCODER, BundleGraph.MEMORY_WRITER),
                digests);
        describe(graphs, BundleGraph.READER_DECODER.label(), List.of(BundleGraph.READER, BundleGraph.DECODER), digests);
    }

    private static void describe(ObjectNode graphs, String name, List<BundleGraph> parts, Map<String, String> digests) {
        ObjectNode node = graphs.putObject(name);
        node.put("file", name + ".onnx").put("sha256", digests.get(name + ".onnx"));
        ArrayNode inputs = node.putArray("inputs");
        ArrayNode outputs = node.putArray("outputs");
        Set<String> known = new LinkedHashSet<>();
        for (BundleGraph part : parts) {
            for (JsonNode input : graphs.get(part.label()).get("inputs")) {
                if (input.get("name").asText().equals(BundleGraph.LATENT)) {
                    ObjectNode noise = ((ObjectNode) input.deepCopy()).put("name", BundleGraph.NOISE);
                    inputs.add(noise.put(
                            "meaning",
                            "standard normal numbers; the latents are prior_mean + "
                                    + "exp(prior_log_variance / 2) * noise"));
                } else if (!known.contains(input.get("name").asText())) {
                    inputs.add(input.deepCopy());
                }
            }
            for (JsonNode output : graphs.get(part.label()).get("outputs")) {
                known.add(output.get("name").asText());
                outputs.add(output.deepCopy());
            }
        }
    }

    /** The step between reader and decoder: latents drawn from their prior with the caller's noise. */
    private static ModelProto sampler(ModelProto reader) {
        ValueInfoProto mean = output(reader, BundleGraph.PRIOR_MEAN);
        ValueInfoProto logVariance = output(reader, BundleGraph.PRIOR_LOG_VARIANCE);
        TensorProto half = Tensor.of("half", new float[] {0.5f}).toProto();
        GraphProto.Builder graph = GraphProto.newBuilder()
                .setName(BundleGraph.LATENT)
                .addInput(mean)
                .addInput(logVariance)
                .addInput(mean.toBuilder().setName(BundleGraph.NOISE))
                .addOutput(mean.toBuilder().setName(BundleGraph.LATENT))
                .addInitializer(half)
                .addNode(node("Mul", "log_deviation", BundleGraph.PRIOR_LOG_VARIANCE, "half"))
                .addNode(node("Exp", "deviation", "log_deviation"))
                .addNode(node("Mul", "offset", "deviation", BundleGraph.NOISE))
                .addNode(node("Add", BundleGraph.LATENT, BundleGraph.PRIOR_MEAN, "offset"));
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

    /** Sets the graph's name in the metadata, which are a copy of the first part's. */
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
