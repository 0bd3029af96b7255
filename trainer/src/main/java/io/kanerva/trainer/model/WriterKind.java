package io.kanerva.trainer.model;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** The memory writers, behind one interface: {@link MemoryWriter}. */
public enum WriterKind {
    /**
     * The paper's (section 3.1), on maps: blocks, placed by the adjoint of the read at the keys of the samples' ranks,
     * are summed over the episode and mapped to the memory by f_mem.
     */
    POOLED,
    /** Each sample gets its own slots, as from a heap's allocator, and its content blocks are added there. */
    HEAP,
    /**
     * One block for the whole episode, and the only memory that is charged: q(M | X) is Gaussian around the mean of
     * what the samples write, p(M) is standard normal, and KL(M) / T is part of each sample's bound. It is read whole,
     * so there are no keys.
     */
    CHARGED,
    /**
     * No memory: all traces are zero and the keys stay at their prior, so only the latent carries information. This is
     * a plain variational autoencoder with the same encoder and decoder: the baseline that a memory must beat.
     */
    NONE;

    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
