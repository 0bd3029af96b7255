package io.kanerva.runtime;

import java.util.List;
import java.util.stream.Stream;

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
    /** Optional: the encoder and the memory writer in one. */
    ENCODER_MEMORY_WRITER("encoder-memory-writer", ENCODER.inputs, joined(ENCODER.outputs, MEMORY_WRITER.outputs)),
    /** Optional: the reader and the decoder in one, which draws the latents with given noise. */
    READER_DECODER(
            "reader-decoder",
            joined(READER.inputs, List.of(BundleGraph.NOISE)),
            joined(READER.outputs, DECODER.outputs));

    /** The graphs that every bundle has, in the order in which an image passes them. */
    public static final List<BundleGraph> REQUIRED = List.of(ENCODER, MEMORY_WRITER, READER, DECODER);

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

    /** Standard normal numbers for the latents, [B, Q, D]; zeros give the prior's mean. */
    public static final String NOISE = "noise";

    private final String label;
    private final List<String> inputs;
    private final List<String> outputs;

    BundleGraph(String label, List<String> inputs, List<String> outputs) {
        this.label = label;
        this.inputs = inputs;
        this.outputs = outputs;
    }

    private static List<String> joined(List<String> first, List<String> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }

    /** The graph's name in bundle.json, such as {@code memory-writer}. */
    public String label() {
        return label;
    }

    /** The names of its inputs, in order. */
    public List<String> inputs() {
        return inputs;
    }

    /** The names of its outputs, in order. */
    public List<String> outputs() {
        return outputs;
    }

    /** Whether its second dimension counts samples, of which a heap takes only so many, and not queries. */
    public boolean takesSamples() {
        return outputs.contains(POINTERS);
    }

    /** Whether a bundle may lack this graph. */
    public boolean isOptional() {
        return !REQUIRED.contains(this);
    }
}
