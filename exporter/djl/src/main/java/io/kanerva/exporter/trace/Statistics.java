package io.kanerva.exporter.trace;

/** The mean and variance that batch normalisations use. */
public enum Statistics {
    /** The running statistics from training, as in inference. */
    RUNNING,
    /** The statistics of the current batch, as in training; everything else is as in inference (no dropout). */
    BATCH
}
