package io.kanerva.runtime;

import io.kanerva.runtime.ModelSettings.Writer;
import java.util.ArrayList;
import java.util.List;

/** The four graphs of a bundle and the two optional fused ones, with the tensors that each takes and gives. */
enum Graph {
    /** Images to content and posteriors. */
    ENCODER("encoder"),
    /** Content to memory and pointers. */
    MEMORY_WRITER("memory-writer"),
    /** Memory and keys to traces and the latent's prior. */
    READER("reader"),
    /** Latent and traces to the image distribution's parameters. */
    DECODER("decoder"),
    /** Optional: images to everything that the encoder and the memory writer give. */
    ENCODER_MEMORY_WRITER("encoder-memory-writer"),
    /** Optional: memory, keys and the latents' noise to everything that the reader and the decoder give. */
    READER_DECODER("reader-decoder");

    static final String IMAGES = "images";
    static final String CONTENT = "content";
    static final String KEY_MEAN = "key_mean";
    static final String KEY_LOG_VARIANCE = "key_log_variance";
    static final String LATENT_MEAN = "latent_mean";
    static final String LATENT_LOG_VARIANCE = "latent_log_variance";
    static final String MEMORY = "memory";
    static final String POINTERS = "pointers";
    static final String KEYS = "keys";
    static final String TRACES = "traces";
    static final String PRIOR_MEAN = "prior_mean";
    static final String PRIOR_LOG_VARIANCE = "prior_log_variance";
    static final String LATENT = "latent";
    static final String LOGITS = "logits";
    static final String NOISE = "noise";

    private final String label;

    Graph(String label) {
        this.label = label;
    }

    /** The graph's name in bundle.json and in messages. */
    String label() {
        return label;
    }

    /** Whether a bundle may do without it. */
    boolean isOptional() {
        return this == ENCODER_MEMORY_WRITER || this == READER_DECODER;
    }

    /** The tensors that this graph must have in a model with {@code settings}. */
    Signature signature(ModelSettings settings) {
        int keys = settings.keys();
        int latent = settings.latent();
        Planes block = settings.block();
        TensorDescription content = settings.writer() == Writer.HEAP
                ? tensor(CONTENT, "B", "T", keys, block.channels(), block.height(), block.width())
                : tensor(CONTENT, "B", "T", settings.embedding());
        Planes memory = settings.memory();
        TensorDescription memories = tensor(MEMORY, "B", memory.channels(), memory.height(), memory.width());
        TensorDescription traces = tensor(TRACES, "B", "Q", keys, block.channels(), block.height(), block.width());
        Planes image = settings.image();
        // Not a switch: that costs a class of its own in a jar that is to be small.
        if (this == ENCODER) {
            return new Signature(
                    this,
                    List.of(tensor(IMAGES, "B", "T", image.channels(), image.height(), image.width())),
                    List.of(
                            content,
                            tensor(KEY_MEAN, "B", "T", keys, 3),
                            tensor(KEY_LOG_VARIANCE, "B", "T", keys, 3),
                            tensor(LATENT_MEAN, "B", "T", latent),
                            tensor(LATENT_LOG_VARIANCE, "B", "T", latent)));
        }
        if (this == MEMORY_WRITER) {
            return new Signature(this, List.of(content), List.of(memories, tensor(POINTERS, "B", "T", keys, 3)));
        }
        if (this == READER) {
            return new Signature(
                    this,
                    List.of(memories, tensor(KEYS, "B", "Q", keys, 3)),
                    List.of(
                            traces,
                            tensor(PRIOR_MEAN, "B", "Q", latent),
                            tensor(PRIOR_LOG_VARIANCE, "B", "Q", latent)));
        }
        if (this == DECODER) {
            return new Signature(
                    this,
                    List.of(tensor(LATENT, "B", "Q", latent), traces),
                    List.of(tensor(
                            LOGITS,
                            "B",
                            "Q",
                            settings.likelihood().channels(settings),
                            image.height(),
                            image.width())));
        }
        if (this == ENCODER_MEMORY_WRITER) {
            Signature encoder = ENCODER.signature(settings);
            return new Signature(this, encoder.inputs(), joined(encoder, MEMORY_WRITER.signature(settings)));
        }
        Signature reader = READER.signature(settings);
        List<TensorDescription> inputs = new ArrayList<>(reader.inputs());
        inputs.add(tensor(NOISE, "B", "Q", latent));
        return new Signature(this, inputs, joined(reader, DECODER.signature(settings)));
    }

    private static List<TensorDescription> joined(Signature first, Signature second) {
        List<TensorDescription> outputs = new ArrayList<>(first.outputs());
        outputs.addAll(second.outputs());
        return outputs;
    }

    private static TensorDescription tensor(String name, Object... dimensions) {
        List<String> shape = new ArrayList<>();
        for (Object dimension : dimensions) {
            shape.add(dimension.toString());
        }
        return new TensorDescription(name, "float32", shape, "", "");
    }
}
