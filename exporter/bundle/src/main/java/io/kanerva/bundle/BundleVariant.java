package io.kanerva.bundle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.InvalidProtocolBufferException;
import io.kanerva.onnx.GraphRunner;
import io.kanerva.onnx.OnnxFiles;
import io.kanerva.onnx.PreciseWeights;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.WeightPacking;
import io.kanerva.onnx.WeightType;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.StringStringEntryProto;
import io.kanerva.onnx.proto.TensorProto;
import io.kanerva.runtime.BundleGraph;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * A bundle made from another one: the same model with its weights stored in fewer bits. This needs neither the trained
 * model nor DJL nor data. The vectors (PyTorch's float32 outputs) and the training details are the source's; the fused
 * graphs are created again, also for a source without them. Memories are not interchangeable between the two.
 */
public final class BundleVariant {
    private static final List<String> FOUR =
            BundleGraph.REQUIRED.stream().map(BundleGraph::label).toList();

    /** The rest of the budget is for differences between runtimes in float32. */
    private static final double MAX_SHARE = 0.9;

    private final String source;
    private final WeightType weights;
    private final ObjectNode json;
    private final Map<String, byte[]> files;

    private BundleVariant(String source, WeightType weights, ObjectNode json, Map<String, byte[]> files) {
        this.source = source;
        this.weights = weights;
        this.json = json;
        this.files = files;
    }

    /**
     * Makes a variant in memory. In half precision, the few weights whose rounding would move an output beyond
     * {@link PreciseWeights}' budget, on the bundle's own vectors, stay in float32.
     *
     * @param source folder of a bundle; {@link WeightType#FLOAT32} only adds the fused graphs
     * @param runner runs graphs on the vectors
     * @throws BundleExportException if the source is unreadable, not a bundle, or itself a variant
     */
    public static BundleVariant of(Path source, WeightType weights, GraphRunner runner) {
        Map<String, byte[]> files = new TreeMap<>();
        ObjectNode json;
        try {
            json = (ObjectNode) new ObjectMapper().readTree(Files.readAllBytes(source.resolve(BundleDescription.FILE)));
            for (Map.Entry<String, JsonNode> file : json.get("files").properties()) {
                Path path = source.resolve(file.getKey()).normalize();
                if (!path.startsWith(source.normalize())) {
                    throw new BundleExportException(
                            "%s: expected files inside the bundle, found '%s'".formatted(source, file.getKey()));
                }
                files.put(file.getKey(), Files.readAllBytes(path));
            }
        } catch (IOException | ClassCastException | NullPointerException e) {
            throw new BundleExportException(
                    "%s: expected a readable bundle, found an error (%s)".formatted(source, e), e);
        }
        String stored = json.path("weights").asText(WeightType.FLOAT32.onnxName());
        if (!stored.equals(WeightType.FLOAT32.onnxName())) {
            throw new BundleExportException("%s: expected a bundle with float32 weights to make a variant of, found %s"
                    .formatted(source, stored));
        }
        String name = json.path("name").asText();
        json.put("name", name + "-" + weights.id())
                .put("weights", weights.onnxName())
                .put("variantOf", name);
        BundleVariant variant = new BundleVariant(name, weights, json, files);
        variant.pack(source, runner);
        variant.describe(Optional.empty());
        return variant;
    }

    private void pack(Path folder, GraphRunner runner) {
        Map<String, ModelProto> sources = new LinkedHashMap<>();
        for (String graph : FOUR) {
            try {
                sources.put(graph, ModelProto.parseFrom(files.get(graph + ".onnx")));
            } catch (InvalidProtocolBufferException | NullPointerException e) {
                throw new BundleExportException(
                        "%s: expected graph '%s' in '%s.onnx', found none or a malformed one"
                                .formatted(folder, graph, graph),
                        e);
            }
        }
        Map<String, ModelProto> graphs = packed(folder, sources, graph -> Set.of());
        if (weights == WeightType.FLOAT16) {
            graphs = packedPrecisely(folder, sources, runner);
        }
        graphs.putAll(GraphFusion.of(graphs));
        graphs.forEach((graph, model) -> files.put(graph + ".onnx", OnnxFiles.toBytes(model)));
    }

    private Map<String, ModelProto> packed(
            Path folder, Map<String, ModelProto> sources, Function<String, Set<String>> kept) {
        Map<String, ModelProto> graphs = new LinkedHashMap<>();
        sources.forEach((graph, model) -> {
            try {
                graphs.put(graph, named(WeightPacking.pack(model, weights, kept.apply(graph))));
            } catch (IllegalArgumentException e) {
                throw new BundleExportException("%s: graph '%s': %s".formatted(folder, graph, e.getMessage()), e);
            }
        });
        return graphs;
    }

    /**
     * First brings each graph separately within the budget, then all four in a chain: weights are kept in float32 one
     * at a time, always the one that helps most.
     */
    private Map<String, ModelProto> packedPrecisely(Path folder, Map<String, ModelProto> sources, GraphRunner runner) {
        try {
            Map<String, List<PreciseWeights.Sample>> vectors = new LinkedHashMap<>();
            for (String graph : FOUR) {
                vectors.put(graph, vectors(graph));
            }
            Map<String, Set<String>> kept = new LinkedHashMap<>();
            for (String graph : FOUR) {
                kept.put(graph, PreciseWeights.of(sources.get(graph), vectors.get(graph), runner, MAX_SHARE));
            }
            ToDoubleFunction<Map<String, Set<String>>> share =
                    candidate -> shareOfChain(packed(folder, sources, candidate::get), vectors, runner);
            while (share.applyAsDouble(kept) > MAX_SHARE) {
                Map<String, Set<String>> current = kept;
                Optional<Map<String, Set<String>>> better = FOUR.stream()
                        .flatMap(graph -> WeightPacking.weights(sources.get(graph)).stream()
                                .filter(weight -> !current.get(graph).contains(weight))
                                .map(weight -> with(current, graph, weight)))
                        .min(Comparator.comparingDouble(share));
                if (better.isEmpty()) {
                    break;
                }
                kept = better.get();
            }
            ArrayNode names = json.arrayNode();
            kept.forEach((graph, list) -> list.forEach(weight -> names.add(graph + "/" + weight)));
            if (!names.isEmpty()) {
                json.set("float32Weights", names);
            }
            return packed(folder, sources, kept::get);
        } catch (InvalidProtocolBufferException e) {
            throw new BundleExportException(
                    "%s: expected tensors as vectors, found malformed files (%s)".formatted(folder, e.getMessage()), e);
        }
    }

    private static Map<String, Set<String>> with(Map<String, Set<String>> kept, String graph, String weight) {
        Map<String, Set<String>> more = new LinkedHashMap<>(kept);
        Set<String> names = new LinkedHashSet<>(kept.get(graph));
        names.add(weight);
        more.put(graph, names);
        return more;
    }

    /**
     * The largest fraction of the budget that the chain from images to logits uses; keys and latents are the vectors'.
     */
    private static double shareOfChain(
            Map<String, ModelProto> graphs, Map<String, List<PreciseWeights.Sample>> vectors, GraphRunner runner) {
        double share = 0;
        for (int set = 0; set < vectors.get(BundleGraph.ENCODER.label()).size(); set++) {
            Map<String, Tensor> known = new LinkedHashMap<>();
            for (String graph : FOUR) {
                PreciseWeights.Sample sample = vectors.get(graph).get(set);
                Map<String, Tensor> inputs = new LinkedHashMap<>(sample.inputs());
                inputs.replaceAll(known::getOrDefault);
                Map<String, Tensor> found = runner.run(graphs.get(graph).toByteArray(), inputs);
                known.putAll(found);
                share = Math.max(share, PreciseWeights.share(sample.outputs(), found));
            }
        }
        return share;
    }

    /** A graph's vectors: inputs with PyTorch's float32 outputs. */
    private List<PreciseWeights.Sample> vectors(String graph) throws InvalidProtocolBufferException {
        List<PreciseWeights.Sample> samples = new ArrayList<>();
        for (int set = 0; files.containsKey("vectors/%s/test_data_set_%d/input_0.pb".formatted(graph, set)); set++) {
            samples.add(new PreciseWeights.Sample(tensors(graph, set, "input"), tensors(graph, set, "output")));
        }
        return samples;
    }

    private Map<String, Tensor> tensors(String graph, int set, String kind) throws InvalidProtocolBufferException {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        String file = "vectors/%s/test_data_set_%d/%s_%d.pb";
        for (int i = 0; files.containsKey(file.formatted(graph, set, kind, i)); i++) {
            TensorProto tensor = TensorProto.parseFrom(files.get(file.formatted(graph, set, kind, i)));
            tensors.put(tensor.getName(), Tensor.of(tensor));
        }
        return tensors;
    }

    /** Adds the weights' type to the graph's metadata. */
    private ModelProto named(ModelProto model) {
        return model.toBuilder()
                .addMetadataProps(StringStringEntryProto.newBuilder()
                        .setKey("kanerva.weights")
                        .setValue(weights.onnxName()))
                .build();
    }

    /** The variant's name: the source's and the weights' type. */
    public String name() {
        return json.get("name").asText();
    }

    /** All files by their paths, from which the variant can be loaded in memory and measured. */
    public Map<String, byte[]> files() {
        return new LinkedHashMap<>(files);
    }

    /** Size of the four graphs in bytes; the fused ones hold the same weights again. */
    public long graphBytes() {
        return FOUR.stream()
                .mapToLong(graph -> files.get(graph + ".onnx").length)
                .sum();
    }

    /**
     * Adds the measured cost to bundle.json and the card, and writes the bundle.
     *
     * @param folder is created with its parents
     * @param replace whether an existing bundle may be replaced, in one step
     * @throws BundleExportException if the folder holds something else or cannot be written
     */
    public void write(VariantCost cost, Path folder, boolean replace) {
        describe(Optional.of(cost));
        new BundleFolder(folder, replace).write(files);
    }

    private void describe(Optional<VariantCost> cost) {
        cost.ifPresent(measured -> {
            ObjectNode node = json.putObject("cost");
            node.put("sourceNats", measured.sourceNats())
                    .put("nats", measured.nats())
                    .put("difference", measured.difference());
            BundleDescription.number(node, "standardErrorOfDifference", measured.standardError());
            node.put("episodes", measured.episodes())
                    .put("setting", measured.setting())
                    .put("sourceBytes", measured.sourceBytes())
                    .put("bytes", measured.bytes());
            node.put("sourceMicroseconds", measured.sourceMicroseconds())
                    .put("microseconds", measured.microseconds())
                    .put("machine", measured.machine());
            files.put(
                    ModelCard.FILE,
                    card(new String(files.get(ModelCard.FILE), StandardCharsets.UTF_8), measured)
                            .getBytes(StandardCharsets.UTF_8));
        });
        files.remove(BundleDescription.FILE);
        Map<String, String> digests = new TreeMap<>();
        files.forEach((path, bytes) -> digests.put(path, BundleFolder.digest(bytes)));
        ObjectNode graphs = (ObjectNode) json.get("graphs");
        FOUR.forEach(graph -> ((ObjectNode) graphs.get(graph)).put("sha256", digests.get(graph + ".onnx")));
        GraphFusion.describe(graphs, digests);
        ObjectNode listed = json.putObject("files");
        digests.forEach(listed::put);
        files.put(BundleDescription.FILE, (BundleDescription.text(json) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** The source's card under the variant's name, preceded by a description of the variant and its cost. */
    private String card(String original, VariantCost cost) {
        int headingEnd = original.indexOf('\n');
        StringBuilder text = new StringBuilder("# ").append(name()).append("\n\n");
        text.append(String.format(
                Locale.ROOT,
                "**A variant of %s with %s weights**, made from its bundle; inputs, outputs "
                        + "and arithmetic are float32 as before.\n\n",
                source,
                weights.onnxName()));
        if (json.has("float32Weights")) {
            text.append(String.format(
                    Locale.ROOT,
                    "Kept in float32, so that every value x of an output stays within %s + "
                            + "%s |x| of the float32 model's: %s.\n\n",
                    PreciseWeights.ABSOLUTE,
                    PreciseWeights.RELATIVE,
                    StreamSupport.stream(json.get("float32Weights").spliterator(), false)
                            .map(JsonNode::asText)
                            .collect(Collectors.joining(", "))));
        }
        if (cost.isHigh()) {
            text.append(String.format(
                    Locale.ROOT,
                    "**This variant costs %.2f nats an image, more than %.1f: take the "
                            + "float32 bundle where quality counts.**\n\n",
                    cost.difference(),
                    VariantCost.MAX_NATS));
        }
        text.append(String.format(
                Locale.ROOT,
                """
                | | %s | this variant |
                |---|---:|---:|
                | negative bound, nats an image | %.4f | %.4f |
                | cost, nats an image | | %+.4f%s |
                | size of the four graphs, bytes | %,d | %,d |
                | recall of one query, median microseconds | %.0f | %.0f |

                Both measured in one run with the same noise: %s; %d episodes. Timed on %s.

                What follows is the card of %s; its numbers are the float32 model's.
                """,
                source,
                cost.sourceNats(),
                cost.nats(),
                cost.difference(),
                Double.isFinite(cost.standardError())
                        ? String.format(Locale.ROOT, " +- %.4f", cost.standardError())
                        : "",
                cost.sourceBytes(),
                cost.bytes(),
                cost.sourceMicroseconds(),
                cost.microseconds(),
                cost.setting(),
                cost.episodes(),
                cost.machine(),
                source));
        return text.append(original.substring(headingEnd + 1)).toString();
    }
}
