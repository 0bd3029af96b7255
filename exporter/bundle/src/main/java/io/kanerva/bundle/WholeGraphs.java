package io.kanerva.bundle;

import static io.kanerva.onnx.Nodes.integer;
import static io.kanerva.onnx.Nodes.integers;

import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.TensorProto.DataType;
import io.kanerva.runtime.BundleGraph;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.runtime.ModelSettings.Addressing;
import io.kanerva.runtime.Planes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The graphs of a bundle that each are a whole call, so that a host in any language computes nothing itself: the nodes
 * of the four graphs, and between them what the host's side would be, in float32.
 *
 * <ul>
 *   <li>{@code write}: images to memory and pointers.
 *   <li>{@code index}: the images that pointers read back, and their features: the pixels less their mean, then a
 *       fraction of the mean, scaled to unit length.
 *   <li>{@code recall}: scores are products of features. The highest wins, the first of equal ones, and its image is
 *       the index's: the one that its pointers read back.
 *   <li>{@code generate}: keys from the prior. A dereferenced one is a written sample's, which the fraction of a normal
 *       number chooses: that is uniform to 1e-8, and exact arithmetic, the same on every engine.
 *   <li>{@code score}: the terms of the bound.
 * </ul>
 */
final class WholeGraphs {
    /** Weight of an image's mean relative to its pixels in its features. */
    private static final double MEAN_WEIGHT = 0.1;

    /** An image of less contrast than float32 can tell has no features. */
    private static final double LEAST_NORM = 1e-5;

    private final Map<String, ModelProto> four;
    private final ModelSettings settings;
    private GraphWriter graph;

    private WholeGraphs(Map<String, ModelProto> four, ModelSettings settings) {
        this.four = four;
        this.settings = settings;
    }

    /**
     * Builds them.
     *
     * @param four the four graphs, by name
     * @param settings of the model
     */
    static Map<String, ModelProto> of(Map<String, ModelProto> four, ModelSettings settings) {
        WholeGraphs whole = new WholeGraphs(four, settings);
        Map<String, ModelProto> graphs = new LinkedHashMap<>();
        for (BundleGraph graph : BundleGraph.WHOLE) {
            GraphSpec spec = GraphSpec.of(graph, settings);
            whole.graph = new GraphWriter(graph);
            Map<String, String> outputs = whole.outputs(graph);
            ModelProto like = four.get(BundleGraph.ENCODER.label());
            graphs.put(spec.name(), whole.graph.build(like, spec.inputs(), spec.outputs(), outputs));
        }
        return graphs;
    }

    private boolean isDereferenced() {
        return settings.addressing() == Addressing.DEREFERENCED;
    }

    private Map<String, String> outputs(BundleGraph which) {
        return switch (which) {
            case WRITE -> written(BundleGraph.IMAGES);
            case INDEX -> index();
            case RECALL -> recall();
            case GENERATE -> generate();
            case SCORE -> score();
            default -> throw new IllegalArgumentException(which.label());
        };
    }

    private Map<String, String> all(BundleGraph part, Map<String, String> inputs) {
        return graph.all(four.get(part.label()), inputs);
    }

    /** The outputs of encoder and memory-writer. */
    private Map<String, String> written(String images) {
        Map<String, String> values = new LinkedHashMap<>(all(BundleGraph.ENCODER, Map.of(BundleGraph.IMAGES, images)));
        values.putAll(all(BundleGraph.MEMORY_WRITER, Map.of(BundleGraph.CONTENT, values.get(BundleGraph.CONTENT))));
        return values;
    }

    private Map<String, String> read(String memory, String keys) {
        return all(BundleGraph.READER, Map.of(BundleGraph.MEMORY, memory, BundleGraph.KEYS, keys));
    }

    private String decoded(String latent, Map<String, String> reading) {
        return all(
                        BundleGraph.DECODER,
                        Map.of(BundleGraph.LATENT, latent, BundleGraph.TRACES, reading.get(BundleGraph.TRACES)))
                .get(BundleGraph.LOGITS);
    }

    private Map<String, String> index() {
        Map<String, String> reading = read(BundleGraph.MEMORY, BundleGraph.POINTERS);
        String logits = decoded(reading.get(BundleGraph.PRIOR_MEAN), reading);
        String contents = new LikelihoodNodes(graph, settings).means(logits);
        return Map.of(BundleGraph.CONTENTS, contents, BundleGraph.FEATURES, features(contents));
    }

    /** Unit vectors [B, N, L + 1] of images [B, N, C, H, W] of L values. */
    private String features(String images) {
        int length = settings.image().floats();
        String pixels = graph.node("Reshape", images, graph.list(0, 0, length));
        String mean = graph.node("ReduceMean", List.of(integers("axes", 2L), integer("keepdims", 1)), pixels);
        String weight = graph.number(MEAN_WEIGHT * Math.sqrt(length));
        String level = graph.node("Mul", graph.node("Sub", mean, graph.number(0.5)), weight);
        String features = graph.concat(2, List.of(graph.node("Sub", pixels, mean), level));
        String norm = graph.node("Sqrt", graph.sum(graph.node("Mul", features, features), true, 2));
        return graph.node("Div", features, graph.node("Max", norm, graph.number(LEAST_NORM)));
    }

    private Map<String, String> recall() {
        String table = graph.node("Transpose", List.of(integers("perm", 0L, 2L, 1L)), BundleGraph.FEATURES);
        String products = graph.node("MatMul", features(BundleGraph.QUERIES), table);
        String sample = graph.node("ArgMax", List.of(integer("axis", 2), integer("keepdims", 0)), products);
        String scores = graph.node("Clip", products, graph.number(-1), graph.number(1));
        String score = graph.node("ReduceMax", List.of(integers("axes", 2L), integer("keepdims", 0)), scores);
        String row = graph.node("Add", sample, firstRows(BundleGraph.FEATURES, -1, 1));
        Planes image = settings.image();
        String contents = graph.node(
                "Reshape", BundleGraph.CONTENTS, graph.list(-1, image.channels(), image.height(), image.width()));
        String pointers = graph.node("Reshape", BundleGraph.POINTERS, graph.list(-1, settings.keys(), 3));
        return Map.of(
                BundleGraph.RECALLED, graph.gather(contents, row),
                BundleGraph.SAMPLE, sample,
                BundleGraph.SCORE_OF_SAMPLE, score,
                BundleGraph.SCORES, scores,
                BundleGraph.KEYS, graph.gather(pointers, row));
    }

    /** Where the rows of each episode's T samples begin among those of all, in a shape. */
    private String firstRows(String samples, long... shape) {
        return graph.node("Mul", graph.range(graph.size(samples, 0), shape), graph.size(samples, 1));
    }

    private Map<String, String> generate() {
        String keys = isDereferenced() ? namedKeys() : BundleGraph.KEY_NOISE;
        Map<String, String> reading = read(BundleGraph.MEMORY, keys);
        String latent = gaussian(
                reading.get(BundleGraph.PRIOR_MEAN), reading.get(BundleGraph.PRIOR_LOG_VARIANCE), BundleGraph.NOISE);
        String images = new LikelihoodNodes(graph, settings).means(decoded(latent, reading));
        return Map.of(BundleGraph.GENERATED, images, BundleGraph.KEYS, keys);
    }

    /** Keys of written samples, chosen by noise (s, x, y): s is the scale, x chooses the sample, y one of its keys. */
    private String namedKeys() {
        String samples = graph.cast(graph.size(BundleGraph.POINTERS, 1), DataType.FLOAT);
        String sample = graph.node("Add", chosen(1, samples), firstRows(BundleGraph.POINTERS, -1, 1, 1, 1));
        if (settings.keys() > 1) {
            String key = chosen(2, graph.number(settings.keys()));
            sample = graph.node("Add", graph.node("Mul", sample, graph.whole(settings.keys())), key);
        }
        String pointers = graph.node("Reshape", BundleGraph.POINTERS, graph.list(-1, 3));
        String named = graph.node("Reshape", graph.gather(pointers, sample), graph.list(0, 0, settings.keys(), 3));
        return graph.concat(3, List.of(graph.slice(BundleGraph.KEY_NOISE, 3, 0, 1), graph.slice(named, 3, 1, 3)));
    }

    /** One of {@code count} whole numbers from 0 on, chosen by the fraction of a coordinate: int64 [B, N, K, 1]. */
    private String chosen(int coordinate, String count) {
        String noise = graph.slice(BundleGraph.KEY_NOISE, 3, coordinate, coordinate + 1);
        String fraction = graph.node("Sub", noise, graph.node("Floor", noise));
        String number = graph.node("Floor", graph.node("Mul", fraction, count));
        // The fraction of a number just below 0 is rounded to 1.
        String last = graph.node("Sub", count, graph.number(1));
        return graph.cast(graph.node("Min", number, last), DataType.INT64);
    }

    /** mean + exp(logVariance / 2) noise. */
    private String gaussian(String mean, String logVariance, String noise) {
        String deviation = graph.node("Exp", graph.node("Mul", logVariance, graph.number(0.5)));
        return graph.node("Add", mean, graph.node("Mul", deviation, noise));
    }

    private Map<String, String> score() {
        Map<String, String> q = written(BundleGraph.IMAGES);
        String pointers = q.get(BundleGraph.POINTERS);
        String mean = q.get(BundleGraph.KEY_MEAN);
        String logVariance = q.get(BundleGraph.KEY_LOG_VARIANCE);
        // Where a dereferenced key lies in its cell has no effect, and its scale's sign is its pointer's.
        String centre = isDereferenced() ? mean : graph.node("Add", pointers, mean);
        String keys = isDereferenced() ? pointers : gaussian(centre, logVariance, BundleGraph.KEY_NOISE);
        String squares = graph.node("Add", graph.node("Mul", centre, centre), graph.node("Exp", logVariance));
        String klKeys = half(graph.node("Sub", graph.node("Sub", squares, graph.number(1)), logVariance), 2, 3);
        if (isDereferenced()) {
            klKeys = graph.node("Add", klKeys, choice(q.get(BundleGraph.MEMORY)));
        }
        Map<String, String> p = read(q.get(BundleGraph.MEMORY), keys);
        String latent =
                gaussian(q.get(BundleGraph.LATENT_MEAN), q.get(BundleGraph.LATENT_LOG_VARIANCE), BundleGraph.NOISE);
        return Map.of(
                BundleGraph.RECONSTRUCTION,
                new LikelihoodNodes(graph, settings).nats(decoded(latent, p), BundleGraph.IMAGES),
                BundleGraph.KL_KEYS,
                klKeys,
                BundleGraph.KL_LATENT,
                klLatent(q, p));
    }

    private String half(String terms, long... axes) {
        return graph.node("Mul", graph.sum(terms, false, axes), graph.number(0.5));
    }

    /** What naming a sample's slots costs, [1]. */
    private String choice(String memory) {
        String rows = graph.node(
                "Div", graph.size(memory, 2), graph.list(settings.block().height()));
        String each = graph.number(Math.log((double) settings.slotColumns() * settings.scaleCells()));
        String nats = graph.node("Add", graph.node("Log", graph.cast(rows, DataType.FLOAT)), each);
        return graph.node("Mul", nats, graph.number(settings.keys()));
    }

    private String klLatent(Map<String, String> q, Map<String, String> p) {
        String logVariance = q.get(BundleGraph.LATENT_LOG_VARIANCE);
        String prior = p.get(BundleGraph.PRIOR_LOG_VARIANCE);
        String log = graph.node("Sub", logVariance, prior);
        String difference = graph.node("Sub", q.get(BundleGraph.LATENT_MEAN), p.get(BundleGraph.PRIOR_MEAN));
        String squares = graph.node("Mul", graph.node("Mul", difference, difference), inverse(prior));
        String variances = graph.node("Sub", graph.node("Sub", graph.node("Exp", log), log), graph.number(1));
        return half(graph.node("Add", variances, squares), 2);
    }

    private String inverse(String logVariance) {
        return graph.node("Exp", graph.node("Neg", logVariance));
    }
}
