package io.kanerva.bundle;

import io.kanerva.exporter.onnx.ExportOptions;
import io.kanerva.exporter.onnx.OnnxExporter;
import io.kanerva.exporter.onnx.OnnxModel;
import io.kanerva.exporter.trace.Dimension;
import io.kanerva.onnx.OnnxFiles;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.TensorShapeProto;
import io.kanerva.runtime.BundleGraph;
import io.kanerva.trainer.data.ImageSet;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.WindowReader;
import io.kanerva.trainer.model.WriterKind;
import io.kanerva.trainer.train.PlanEdit;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes a trained model as a bundle: the four graphs, those that are whole calls, bundle.json, the model card and test
 * vectors. The same model, details and options give the same bytes, on the same machine.
 */
public final class BundleExporter {
    private static final long PROBE_BUDGET = 500;

    /** The memory writer is traced at several episode lengths; its memory needs space for them. */
    private static final int MIN_CAPACITY = 3;

    private static final int SAMPLES = 16;
    private static final long SAMPLE_SEED = 1;
    /** Metadata that names the graph. */
    static final String GRAPH_NAME = "kanerva.graph";

    private BundleExporter() {}

    /**
     * What was written.
     *
     * @param folder the bundle
     * @param bytes size of all its files
     * @param checks differences of each graph from its block at the sizes that it was run at; empty lists without a
     *     runner
     */
    public record Export(Path folder, long bytes, Map<String, List<OnnxModel.Check>> checks) {}

    /**
     * Exports a model. The model is not changed; no other thread may use it meanwhile.
     *
     * @param folder is created with its parents; an existing bundle is replaced in one step if the options allow it
     * @throws BundleExportException if the folder holds something else or cannot be written, the sample images do not
     *     have the model's shape, or the memory is too small to be traced
     * @throws io.kanerva.exporter.trace.ExportException if a graph's outputs differ from its block's
     */
    public static Export export(KanervaModel model, TrainingDetails details, BundleOptions options, Path folder) {
        BundleFolder target = new BundleFolder(folder, options.replace());
        target.requireFree();
        KanervaSettings settings = model.settings();
        ImageSet images = options.images().orElseGet(() -> SampleImages.discs(settings, SAMPLES, SAMPLE_SEED));
        requireFit(settings, images);

        Map<String, OnnxModel> graphs = graphs(model, details, options);
        Map<String, byte[]> files = new TreeMap<>(new GoldenVectors(model, images).files());
        Map<String, ModelProto> protos = new LinkedHashMap<>();
        for (GraphSpec graph : GraphSpec.of(model)) {
            protos.put(graph.name(), named(graph, graphs.get(graph.name()).proto()));
        }
        protos.putAll(WholeGraphs.of(protos, BundleDescription.parsed(BundleDescription.settings(settings))));
        protos.forEach((name, graph) -> files.put(name + ".onnx", OnnxFiles.toBytes(graph)));
        options.picture().ifPresent(picture -> files.put(ModelCard.PICTURE, picture));
        details.plan()
                .ifPresent(plan ->
                        files.put(BundleWeights.PLAN, PlanEdit.json(plan).getBytes(StandardCharsets.UTF_8)));
        files.put(ModelCard.FILE, ModelCard.write(model, details, options).getBytes(StandardCharsets.UTF_8));
        Map<String, String> digests = new TreeMap<>();
        files.forEach((path, bytes) -> digests.put(path, BundleFolder.digest(bytes)));
        files.put(BundleDescription.FILE, BundleDescription.write(model, details, options, digests));
        target.write(files);

        Map<String, List<OnnxModel.Check>> checks = new LinkedHashMap<>();
        graphs.forEach((name, graph) -> checks.put(name, graph.checks()));
        return new Export(
                folder, files.values().stream().mapToLong(bytes -> bytes.length).sum(), checks);
    }

    /**
     * Rebuilds a bundle's graphs that are whole calls from its four graphs, which stay as they are to the bit: for
     * bundles of earlier versions. This needs neither the trained model nor data.
     *
     * @param folder of the bundle, which is replaced in one step
     * @throws BundleExportException if it holds no bundle, or cannot be written
     */
    public static void renew(Path folder) {
        BundleContents source = BundleContents.of(folder);
        BundleContents.put(source.files(), source.json(), source.graphs());
        BundleContents.describe(source.files(), source.json());
        new BundleFolder(folder, true).write(source.files());
    }

    /** Calls the height of a memory that grows by its name; the exporter found the formula that it follows from T. */
    private static ModelProto named(GraphSpec graph, ModelProto model) {
        ModelProto.Builder named = model.toBuilder();
        for (int i = 0; i < graph.outputs().size(); i++) {
            TensorShapeProto.Builder shape = named.getGraphBuilder()
                    .getOutputBuilder(i)
                    .getTypeBuilder()
                    .getTensorTypeBuilder()
                    .getShapeBuilder();
            List<Dimension> dimensions = graph.outputs().get(i).shape();
            for (int axis = 0; axis < dimensions.size(); axis++) {
                if (dimensions.get(axis).isNamed()) {
                    shape.getDimBuilder(axis).setDimParam(dimensions.get(axis).name());
                }
            }
        }
        return named.build();
    }

    /** Traces the four blocks, the reader with the window sampler from the options; restores its own afterwards. */
    private static Map<String, OnnxModel> graphs(KanervaModel model, TrainingDetails details, BundleOptions options) {
        WindowReader own = model.reader().windowReader();
        model.reader().setWindowReader(options.reader().windowReader());
        try {
            Map<String, OnnxModel> graphs = new LinkedHashMap<>();
            for (GraphSpec graph : GraphSpec.of(model)) {
                graphs.put(
                        graph.name(),
                        OnnxExporter.export(
                                graph.block(model),
                                graph.inputs().stream()
                                        .map(GraphTensor::asInput)
                                        .toList(),
                                graph.outputs().stream().map(GraphTensor::name).toList(),
                                traceOptions(graph, model, details, options)));
            }
            return graphs;
        } finally {
            model.reader().setWindowReader(own);
        }
    }

    private static ExportOptions traceOptions(
            GraphSpec graph, KanervaModel model, TrainingDetails details, BundleOptions options) {
        KanervaSettings settings = model.settings();
        // A bundle has many graphs, and its blocks are ours: none changes with a size.
        ExportOptions trace = ExportOptions.defaults()
                .withProbeBudget(PROBE_BUDGET)
                .withOpset(BundleDescription.OPSET)
                .withGraphName(graph.name())
                .withModelVersion(1)
                .withErfWrittenOut() // a millionth in a continuous key's position changes traces by more than the
                // budget
                .withMetadata(metadata(graph, settings, details, options));
        if (graph.graph() == BundleGraph.ENCODER) {
            trace = trace.withInputRange(BundleGraph.IMAGES, 0, 1);
        }
        if (graph.graph() == BundleGraph.READER && settings.grows()) {
            trace = trace.withDimensionLimit(GraphSpec.HEIGHT, settings.block().rows());
        }
        if (graph.graph() == BundleGraph.MEMORY_WRITER && !settings.grows()) {
            trace = trace.withDimensionLimit("T", 1, settings.capacity());
        }
        return options.runner().isPresent() ? trace.withCheck(options.runner().get()) : trace;
    }

    /** Returns a graph's metadata, without the bound, so that measuring a model again does not change its graphs. */
    private static Map<String, String> metadata(
            GraphSpec graph, KanervaSettings settings, TrainingDetails details, BundleOptions options) {
        Map<String, String> metadata = new TreeMap<>();
        metadata.put("kanerva.name", options.name());
        metadata.put(GRAPH_NAME, graph.name());
        metadata.put("kanerva.settings", BundleDescription.settings(settings).toString());
        metadata.put("kanerva.data", details.data());
        metadata.put("kanerva.binarisation", details.binarisation().toString());
        metadata.put("kanerva.episodeLength", Integer.toString(details.episodeLength()));
        metadata.put("kanerva.seed", Long.toString(details.seed()));
        metadata.put("kanerva.steps", Integer.toString(details.steps()));
        metadata.put("kanerva.commit", details.commit());
        metadata.put("kanerva.command", details.command());
        return metadata;
    }

    /** @throws BundleExportException if models of these settings have no memory, or one that the bound charges for */
    public static void requireMemory(KanervaSettings settings) {
        if (settings.writer() == WriterKind.NONE) {
            throw new BundleExportException("a model without a memory: expected a heap or pooled writer, found none, "
                    + "which leaves nothing to write and read");
        }
        if (settings.charged()) {
            throw new BundleExportException("a model with a charged memory: expected a heap or pooled writer, found "
                    + "charged, whose memory is a distribution to draw from, which a bundle has no graph for");
        }
    }

    private static void requireFit(KanervaSettings settings, ImageSet images) {
        requireMemory(settings);
        if (images.channels() != settings.image().channels()
                || images.height() != settings.image().height()
                || images.width() != settings.image().width()) {
            throw new BundleExportException("sample images '%s': expected the model's [%d, %d, %d], found [%d, %d, %d]"
                    .formatted(
                            images.name(),
                            settings.image().channels(),
                            settings.image().height(),
                            settings.image().width(),
                            images.channels(),
                            images.height(),
                            images.width()));
        }
        if (!settings.grows() && settings.capacity() < MIN_CAPACITY) {
            throw new BundleExportException(
                    ("a memory of %d slots with %d keys per sample: expected space for at least %d samples, so "
                                    + "that the episode length can vary, found %d")
                            .formatted(settings.slots().size(), settings.keys(), MIN_CAPACITY, settings.capacity()));
        }
    }
}
