package io.kanerva.bundle;

import static io.kanerva.runtime.BundleGraph.*;

import ai.djl.nn.Block;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kanerva.runtime.BundleGraph;
import io.kanerva.runtime.Likelihood;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.runtime.ModelSettings.Addressing;
import io.kanerva.runtime.ModelSettings.Writer;
import io.kanerva.trainer.model.KanervaModel;
import java.util.List;
import java.util.Map;

/**
 * One of a bundle's graphs, and its tensors in order.
 *
 * @param graph its name in bundle.json; the file is called {@code NAME.onnx}
 */
record GraphSpec(BundleGraph graph, List<GraphTensor> inputs, List<GraphTensor> outputs) {
    /** The height of a memory that grows. */
    static final String HEIGHT = "H";

    private static final String ANY = "any";
    private static final String UNIT = "[0, 1]";
    private static final String COSINE = "[-1, 1]";

    static GraphSpec of(BundleGraph graph, ModelSettings s) {
        return new GraphSpec(
                graph,
                graph.inputs(s.addressing()).stream()
                        .map(name -> tensor(graph, name, s))
                        .toList(),
                graph.outputs().stream().map(name -> tensor(graph, name, s)).toList());
    }

    /** The four graphs of a model's blocks, in the order in which an image passes through them. */
    static List<GraphSpec> of(KanervaModel model) {
        ModelSettings settings = BundleDescription.parsed(BundleDescription.settings(model.settings()));
        return FOUR.stream().map(graph -> of(graph, settings)).toList();
    }

    String name() {
        return graph.label();
    }

    String file() {
        return name() + ".onnx";
    }

    /** The block that one of the four graphs is traced from. */
    Block block(KanervaModel model) {
        return switch (graph) {
            case ENCODER -> model.encoder();
            case MEMORY_WRITER -> model.writer();
            case READER -> model.reader();
            case DECODER -> model.decoder();
            default -> throw new IllegalStateException(name());
        };
    }

    /** Adds graphs to bundle.json's {@code graphs}. */
    static void describe(
            ObjectNode graphs, List<BundleGraph> added, ModelSettings settings, Map<String, String> digests) {
        for (BundleGraph graph : added) {
            GraphSpec spec = of(graph, settings);
            ObjectNode node = graphs.putObject(spec.name());
            node.put("file", spec.file()).put("sha256", digests.get(spec.file()));
            node.set("inputs", BundleDescription.tensors(spec.inputs));
            node.set("outputs", BundleDescription.tensors(spec.outputs));
        }
    }

    private static GraphTensor tensor(BundleGraph graph, String name, ModelSettings s) {
        String reads = graph == GENERATE ? "N" : graph == SCORE ? "T" : "Q";
        return switch (name) {
            case IMAGES ->
                images(name, graph == ENCODER ? "images, an episode or queries" : "an episode's images", "T", s);
            case CONTENT -> blocks(name, "what each sample writes: a block for each key", "T", s);
            case KEY_MEAN -> keys(name, keyMean(s), "T", s);
            case KEY_LOG_VARIANCE -> keys(name, "logarithms of its variances", "T", s);
            case LATENT_MEAN -> latents(name, "means of the latents' posterior", "T", s);
            case LATENT_LOG_VARIANCE -> latents(name, "logarithms of its variances", "T", s);
            case MEMORY ->
                GraphTensor.of(
                        name,
                        "the memories",
                        ANY,
                        "B",
                        s.memory().channels(),
                        s.grows() ? HEIGHT : s.memory().height(),
                        s.memory().width());
            case POINTERS -> keys(name, pointers(graph, s), "T", s);
            case TRACES -> blocks(name, "the blocks that the keys cut out of the memory", "Q", s);
            case PRIOR_MEAN -> latents(name, "means of the latents' prior given the traces", "Q", s);
            case PRIOR_LOG_VARIANCE -> latents(name, "logarithms of its variances", "Q", s);
            case LATENT -> latents(name, "latents", "Q", s);
            case LOGITS ->
                GraphTensor.of(
                        name,
                        logits(s),
                        ANY,
                        "B",
                        "Q",
                        s.likelihood().channels(s),
                        s.image().height(),
                        s.image().width());
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
            case KEYS -> keys(name, graph == READER ? keysToRead(s) : "the keys of the images", reads, s);
            case KEY_NOISE -> keys(name, keyNoise(graph, s), reads, s);
            case NOISE -> latents(name, "standard normal numbers for the latents", reads, s);
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

    private static GraphTensor blocks(String name, String meaning, String count, ModelSettings s) {
        return GraphTensor.of(
                name,
                meaning,
                ANY,
                "B",
                count,
                s.keys(),
                s.block().channels(),
                s.block().height(),
                s.block().width());
    }

    private static GraphTensor keys(String name, String meaning, String count, ModelSettings s) {
        return GraphTensor.of(name, meaning, ANY, "B", count, s.keys(), 3);
    }

    private static GraphTensor latents(String name, String meaning, String count, ModelSettings s) {
        return GraphTensor.of(name, meaning, ANY, "B", count, s.latent());
    }

    private static boolean isDereferenced(ModelSettings s) {
        return s.addressing() == Addressing.DEREFERENCED;
    }

    private static String logits(ModelSettings s) {
        if (s.likelihood() == Likelihood.BERNOULLI) {
            return "logits of the pixels' being 1";
        }
        String mixture = "each pixel's mixture of 10 discretised logistics: 10 logits, 10 means and then 10 log-scales "
                + "for each channel, 10 coefficients before tanh for each pair of channels (1 on 0, 2 on 0, 2 on 1)";
        return s.neighbours() == 0
                ? mixture
                : mixture
                        + ", a reconstruction, and coefficients [channel, " + s.neighbours()
                        + " neighbours, channel] of the neighbours' errors";
    }

    private static String keysToRead(ModelSettings s) {
        String keys = isDereferenced(s)
                ? "the slots to read: (scale, column, row), without their fractions"
                : "where to read: (scale, x, y)";
        return s.scaleCells() > 1
                ? keys
                        + "; a block is taken verbatim with a scale above 0, else for its gist: its traces are zero, "
                        + "its prior is not"
                : keys;
    }

    private static String keyMean(ModelSettings s) {
        return isDereferenced(s)
                ? "means of the keys' posterior: (scale, x, y), x and y inside the cell that the pointer lies in"
                : "means of the keys' posterior: (scale, x, y), to be added to the pointer";
    }

    private static String pointers(BundleGraph graph, ModelSettings s) {
        String written = "the keys under which the samples were written";
        return switch (graph) {
            case MEMORY_WRITER ->
                written
                        + (isDereferenced(s) ? ": (scale, column, row)" : ": (scale, x, y)")
                        + (s.writer() == Writer.POOLED
                                ? "; allocated by the rank of a score of what each sample writes"
                                : "");
            case INDEX -> "the keys to read at: the written samples' pointers, without those that were freed";
            case GENERATE -> "the pointers of the written samples, to draw from";
            case RECALL -> "the pointers that the index was made from";
            default -> written;
        };
    }

    private static String keyNoise(BundleGraph graph, ModelSettings s) {
        String normal = "standard normal numbers for the keys, (scale, x, y)";
        return graph == GENERATE && isDereferenced(s)
                ? normal + ": the fraction of x chooses the sample, that of y one of its keys"
                : normal;
    }
}
