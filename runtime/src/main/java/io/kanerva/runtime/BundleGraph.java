package io.kanerva.runtime;

import java.util.List;

/** The graphs of a bundle by the names that bundle.json gives them, and the names of their tensors. */
public enum BundleGraph {
    /** Images to content and to the posteriors of keys and latents. */
    ENCODER(
            "encoder",
            List.of(BundleGraph.IMAGES),
            List.of(
                    BundleGraph.CONTENT,
                    BundleGraph.KEY_MEAN,
                    BundleGraph.KEY_LOG_VARIANCE,
                    BundleGraph.LATENT_MEAN,
                    BundleGraph.LATENT_LOG_VARIANCE)),
    /** Content to memory and pointers. */
    MEMORY_WRITER("memory-writer", List.of(BundleGraph.CONTENT), List.of(BundleGraph.MEMORY, BundleGraph.POINTERS)),
    /** Memory and keys to traces and the latents' prior. */
    READER(
            "reader",
            List.of(BundleGraph.MEMORY, BundleGraph.KEYS),
            List.of(BundleGraph.TRACES, BundleGraph.PRIOR_MEAN, BundleGraph.PRIOR_LOG_VARIANCE)),
    /** Latents and traces to the image distribution's parameters. */
    DECODER("decoder", List.of(BundleGraph.LATENT, BundleGraph.TRACES), List.of(BundleGraph.LOGITS)),
    /** Images to memory and pointers: the encoder and the memory writer in one. */
    WRITE("write", List.of(BundleGraph.IMAGES), List.of(BundleGraph.MEMORY, BundleGraph.POINTERS)),
    /** What keys read back, with the latents at their prior's mean, and its features: what a look-up needs. */
    INDEX(
            "index",
            List.of(BundleGraph.MEMORY, BundleGraph.POINTERS),
            List.of(BundleGraph.CONTENTS, BundleGraph.FEATURES)),
    /** A look-up in an index, and what it finds. */
    RECALL(
            "recall",
            List.of(BundleGraph.CONTENTS, BundleGraph.FEATURES, BundleGraph.POINTERS, BundleGraph.QUERIES),
            List.of(
                    BundleGraph.RECALLED,
                    BundleGraph.SAMPLE,
                    BundleGraph.SCORE_OF_SAMPLE,
                    BundleGraph.SCORES,
                    BundleGraph.KEYS)),
    /** Standard normal numbers to images from a memory. Continuous keys are drawn without the pointers. */
    GENERATE(
            "generate",
            List.of(BundleGraph.MEMORY, BundleGraph.POINTERS, BundleGraph.KEY_NOISE, BundleGraph.NOISE),
            List.of(BundleGraph.GENERATED, BundleGraph.KEYS)),
    /** Episodes to the terms of their bound. Only continuous keys take noise. */
    SCORE(
            "score",
            List.of(BundleGraph.IMAGES, BundleGraph.KEY_NOISE, BundleGraph.NOISE),
            List.of(BundleGraph.RECONSTRUCTION, BundleGraph.KL_KEYS, BundleGraph.KL_LATENT));

    /** The model's four parts, in the order in which an image passes them. */
    public static final List<BundleGraph> FOUR = List.of(ENCODER, MEMORY_WRITER, READER, DECODER);

    /** The graphs that each are a whole call, so that a host computes nothing. */
    public static final List<BundleGraph> WHOLE = List.of(WRITE, INDEX, RECALL, GENERATE, SCORE);

    /** Images in [0, 1], [B, T, Cx, Hx, Wx]. */
    public static final String IMAGES = "images";

    /** What the memory writer stores: [B, T, K, C, h, w]. */
    public static final String CONTENT = "content";

    /** Means of the keys' posterior, [B, T, K, 3]. */
    public static final String KEY_MEAN = "key_mean";

    /** Logarithms of the keys' posterior variances, [B, T, K, 3]. */
    public static final String KEY_LOG_VARIANCE = "key_log_variance";

    /** Means of the latents' posterior, [B, T, D]. */
    public static final String LATENT_MEAN = "latent_mean";

    /** Logarithms of the latents' posterior variances, [B, T, D]. */
    public static final String LATENT_LOG_VARIANCE = "latent_log_variance";

    /** The memories, [B, C, H, W]; H grows with the samples where keys are dereferenced. */
    public static final String MEMORY = "memory";

    /** The keys under which the samples were written, [B, T, K, 3]. */
    public static final String POINTERS = "pointers";

    /** The keys to read at, [B, Q, K, 3]. */
    public static final String KEYS = "keys";

    /** The blocks that were read, [B, Q, K, C, h, w]. */
    public static final String TRACES = "traces";

    /** Means of the latents' prior given the traces, [B, Q, D]. */
    public static final String PRIOR_MEAN = "prior_mean";

    /** Logarithms of the latents' prior variances, [B, Q, D]. */
    public static final String PRIOR_LOG_VARIANCE = "prior_log_variance";

    /** The latents to decode, [B, Q, D]. */
    public static final String LATENT = "latent";

    /** Parameters of the image distribution, [B, Q, P, Hx, Wx]; see {@link Likelihood}. */
    public static final String LOGITS = "logits";

    /** Standard normal numbers for the latents, [B, N, D], or [B, T, D] for a score. */
    public static final String NOISE = "noise";

    /** Standard normal numbers for the keys, [B, N, K, 3], or [B, T, K, 3] for a score. */
    public static final String KEY_NOISE = "key_noise";

    /** The images that samples read back, [B, T, Cx, Hx, Wx] in [0, 1]. */
    public static final String CONTENTS = "contents";

    /** Their features, unit vectors, [B, T, Cx Hx Wx + 1]. */
    public static final String FEATURES = "features";

    /** Images to look up, [B, Q, Cx, Hx, Wx] in [0, 1]. */
    public static final String QUERIES = "queries";

    /** The images that queries find, [B, Q, Cx, Hx, Wx] in [0, 1]: the next iteration's queries. */
    public static final String RECALLED = "recalled";

    /** The samples that queries find, [B, Q], int64. */
    public static final String SAMPLE = "sample";

    /** Their scores, [B, Q] in [-1, 1]. */
    public static final String SCORE_OF_SAMPLE = "score";

    /** The scores of all samples, [B, Q, T] in [-1, 1]. */
    public static final String SCORES = "scores";

    /** Images drawn, [B, N, Cx, Hx, Wx] in [0, 1]. */
    public static final String GENERATED = "generated";

    /** -ln p of each image, [B, T], nats. */
    public static final String RECONSTRUCTION = "reconstruction";

    /** Divergence of each sample's keys from their prior, [B, T], nats. */
    public static final String KL_KEYS = "kl_keys";

    /** Divergence of its latents, [B, T], nats. */
    public static final String KL_LATENT = "kl_latent";

    private final String label;
    private final List<String> inputs;
    private final List<String> outputs;

    BundleGraph(String label, List<String> inputs, List<String> outputs) {
        this.label = label;
        this.inputs = inputs;
        this.outputs = outputs;
    }

    /** The {@link #label}s of graphs. */
    public static List<String> labels(List<BundleGraph> graphs) {
        return graphs.stream().map(BundleGraph::label).toList();
    }

    /** The graph's name in bundle.json, such as {@code memory-writer}. */
    public String label() {
        return label;
    }

    /** The names of its inputs, in order, in a model whose keys are continuous or dereferenced. */
    public List<String> inputs(ModelSettings.Addressing addressing) {
        boolean continuous = addressing == ModelSettings.Addressing.CONTINUOUS;
        String unused = this == GENERATE && continuous ? POINTERS : this == SCORE && !continuous ? KEY_NOISE : "";
        return inputs.stream().filter(name -> !name.equals(unused)).toList();
    }

    /** The names of its outputs, in order. */
    public List<String> outputs() {
        return outputs;
    }

    /** Whether its second dimension counts samples, of which a heap takes only so many, and not queries. */
    public boolean takesSamples() {
        return outputs.contains(POINTERS) || this == SCORE;
    }
}
