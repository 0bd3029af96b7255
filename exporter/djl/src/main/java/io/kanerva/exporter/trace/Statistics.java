package io.kanerva.exporter.trace;

/** Which mean and variance a batch normalisation uses. */
public enum Statistics {
    /** Those that training has left in the block: inference. */
    RUNNING,
    /**
     * Those of the batch that is being computed, as in training; everything else stays as in inference (no dropout).
     */
    BATCH
}
