package io.kanerva.trainer.model;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** The memory writers, behind one interface: {@link MemoryWriter}. */
public enum WriterKind {
    /** The paper's: the episode's embeddings are averaged and mapped to the whole memory (section 3.1). */
    POOLED,
    /** Each sample gets a slot of its own, as from a heap's allocator, and its content block is added there. */
    HEAP,
    /**
     * No memory: all traces are zero and the keys stay at their prior, so that the latent alone tells of the image. A
     * plain variational autoencoder with this model's encoder and decoder, the baseline that a memory must beat.
     */
    NONE;

    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
