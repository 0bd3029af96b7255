package io.kanerva.runtime;

import java.util.List;

/** The graphs of a bundle by the names that bundle.json gives them, and the names of their tensors. */
public enum BundleGraph {
    /** {@link #IMAGES} to {@link #CONTENT} and the posteriors of keys and latents. */
    ENCODER("encoder"),
    /** {@link #CONTENT} to {@link #MEMORY} and {@link #POINTERS}. */
    MEMORY_WRITER("memory-writer"),
    /** {@link #MEMORY} and {@link #KEYS} to {@link #TRACES} and the latents' prior. */
    READER("reader"),
    /** {@link #LATENT} and {@link #TRACES} to {@link #LOGITS}. */
    DECODER("decoder"),
    /** Optional: the encoder and the memory writer in one graph, with the outputs of both. */
    ENCODER_MEMORY_WRITER("encoder-memory-writer"),
    /**
     * Optional: the reader and the decoder in one graph, with {@link #NOISE} for the latents and the outputs of both.
     */
    READER_DECODER("reader-decoder");

    /** The graphs that every bundle has, in the order in which an image passes them. */
    public static final List<BundleGraph> REQUIRED = List.of(ENCODER, MEMORY_WRITER, READER, DECODER);

    /** Input of the encoder: images in [0, 1], [B, T, Cx, Hx, Wx]. */
    public static final String IMAGES = "images";

    /** What the memory writer stores: [B, T, K, C, h, w] for a heap, [B, T, E] for a pooled writer. */
    public static final String CONTENT = "content";

    /** Means of the keys' posterior, [B, T, K, 3]. */
    public static final String KEY_MEAN = "key_mean";

    /** Logarithms of the keys' posterior variances, [B, T, K, 3]. */
    public static final String KEY_LOG_VARIANCE = "key_log_variance";

    /** Means of the latents' posterior, [B, T, D]. */
    public static final String LATENT_MEAN = "latent_mean";

    /** Logarithms of the latents' posterior variances, [B, T, D]. */
    public static final String LATENT_LOG_VARIANCE = "latent_log_variance";

    /** The memories, [B, C, H, W]. */
    public static final String MEMORY = "memory";

    /** Where the samples were written, [B, T, K, 3]. */
    public static final String POINTERS = "pointers";

    /** Where to read, [B, Q, K, 3]. */
    public static final String KEYS = "keys";

    /** What was read, [B, Q, K, C, h, w]. */
    public static final String TRACES = "traces";

    /** Means of the latents' prior given the traces, [B, Q, D]. */
    public static final String PRIOR_MEAN = "prior_mean";

    /** Logarithms of the latents' prior variances, [B, Q, D]. */
    public static final String PRIOR_LOG_VARIANCE = "prior_log_variance";

    /** The latents to decode, [B, Q, D]. */
    public static final String LATENT = "latent";

    /** Parameters of the image distribution, [B, Q, P, Hx, Wx]; see {@link Likelihood}. */
    public static final String LOGITS = "logits";

    /** Standard normal numbers for {@link #READER_DECODER}'s latents, [B, Q, D]; zeros give the prior's mean. */
    public static final String NOISE = "noise";

    private final String label;

    BundleGraph(String label) {
        this.label = label;
    }

    /** The graph's name in bundle.json, such as {@code memory-writer}. */
    public String label() {
        return label;
    }

    /** Whether a bundle may lack this graph. */
    public boolean isOptional() {
        return !REQUIRED.contains(this);
    }
}
