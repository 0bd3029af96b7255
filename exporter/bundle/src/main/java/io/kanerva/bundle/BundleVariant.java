package io.kanerva.bundle;

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
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * A bundle made from another one: the same model with its weights stored in fewer bits. This needs neither the trained
 * model nor DJL nor data. The vectors (PyTorch's float32 outputs) and the training details are the source's; the graphs
 * that are whole calls are made again, also for a source without them. Memories are not interchangeable between the
 * two.
 */
public final class BundleVariant {

    private final WeightType weights;
    private final ObjectNode json;
    private final Map<String, byte[]> files;

    private BundleVariant(WeightType weights, ObjectNode json, Map<String, byte[]> files) {
        this.weights = weights;
        this.json = json;
        this.files = files;
    }

    /**
     * Makes a variant in memory. In half precision, the few weights whose rounding would move an output beyond
     * {@link PreciseWeights}' budget, on the bundle's own vectors, stay in float32.
     *
     * @param source folder of a bundle; {@link WeightType#FLOAT32} changes the name alone
     * @param runner runs graphs on the vectors
     * @throws BundleExportException if the source is unreadable, not a bundle, or itself a variant
     */
    public static BundleVariant of(Path source, WeightType weights, GraphRunner runner) {
        BundleContents read = BundleContents.of(source);
        ObjectNode json = read.json();
        String stored = json.path("weights").asText(WeightType.FLOAT32.onnxName());
        if (!stored.equals(WeightType.FLOAT32.onnxName())) {
            throw new BundleExportException("%s: expected a bundle with float32 weights to make a variant of, found %s"
                    .formatted(source, stored));
        }
        String name = json.path("name").asText();
        json.put("name", name + "-" + weights.id())
                .put("weights", weights.onnxName())
                .put("variantOf", name);
        BundleVariant variant = new BundleVariant(weights, json, read.files());
        variant.pack(source, read.graphs(), runner);
        variant.describe(Optional.empty());
        return variant;
    }

    private void pack(Path folder, Map<String, ModelProto> sources, GraphRunner runner) {
        Map<String, ModelProto> graphs = packed(folder, sources, graph -> Set.of());
        if (weights == WeightType.FLOAT16) {
            graphs = packedPrecisely(folder, sources, runner);
        }
        graphs.forEach((graph, model) -> files.put(graph + ".onnx", OnnxFiles.toBytes(model)));
        BundleContents.put(files, json, graphs);
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

    private Map<String, ModelProto> packedPrecisely(Path folder, Map<String, ModelProto> sources, GraphRunner runner) {
        try {
            Map<String, List<PreciseWeights.Sample>> vectors = new LinkedHashMap<>();
            for (String graph : BundleContents.FOUR) {
                vectors.put(graph, vectors(graph));
            }
            Map<String, Set<String>> kept = new PreciseChain(sources, vectors, runner).find();
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

    /** Size of the four graphs in bytes; the others hold the same weights again. */
    public long graphBytes() {
        return BundleContents.FOUR.stream()
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
            String card = new String(files.get(ModelCard.FILE), StandardCharsets.UTF_8);
            files.put(ModelCard.FILE, VariantCard.of(card, json, measured).getBytes(StandardCharsets.UTF_8));
        });
        BundleContents.describe(files, json);
    }
}
