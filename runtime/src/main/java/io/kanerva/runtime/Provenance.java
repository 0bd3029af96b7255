package io.kanerva.runtime;

import java.util.Optional;

/**
 * Where a model came from; facts that its bundle does not state are empty or 0.
 *
 * @param data the data set it was trained on
 * @param binarisation how grey pixels became 0 and 1: {@code dynamic}, {@code threshold} or {@code fixed}
 * @param episodeLength T in training, samples per episode
 * @param memoryFloats floats in one memory
 * @param keys K, keys per sample
 * @param seed the training run's seed
 * @param steps optimiser steps taken
 * @param minutes duration of the training
 * @param parameters the number of trained values
 * @param commit the source's commit
 * @param command the command that trained it
 * @param bound its measured bound, if there is one
 */
public record Provenance(
        String data,
        String binarisation,
        int episodeLength,
        long memoryFloats,
        int keys,
        long seed,
        long steps,
        double minutes,
        long parameters,
        String commit,
        String command,
        Optional<MeasuredBound> bound) {

    /**
     * The negative clean bound on test episodes, and its parts.
     *
     * @param nats the mean per sample, in nats; lower is better
     * @param standardError of that mean
     * @param reconstruction its part -ln p(x | z, traces)
     * @param klKeys its part KL(Y)
     * @param klLatent its part KL(Z)
     * @param episodes the number of episodes scored
     * @param setting a description of what was measured
     */
    public record MeasuredBound(
            double nats,
            double standardError,
            double reconstruction,
            double klKeys,
            double klLatent,
            long episodes,
            String setting) {}
}
