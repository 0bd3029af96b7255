package io.kanerva.bundle;

import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.evaluate.BoundReport;
import io.kanerva.trainer.train.TrainingPlan;
import java.util.Objects;
import java.util.Optional;

/**
 * Where a model comes from: what a bundle says of it besides what the model itself tells.
 *
 * @param data name of the training data, for example {@code fashion-mnist}
 * @param binarisation how grey training images were made binary
 * @param episodeLength T in training
 * @param seed of the run
 * @param steps optimiser steps done
 * @param minutes of training
 * @param commit of the source, empty if unknown
 * @param command that trained it, empty if there was none
 * @param bound measured on test images, if it was
 * @param augmentation how training images were moved, in words
 */
public record Provenance(
        String data,
        Binarisation binarisation,
        int episodeLength,
        long seed,
        int steps,
        double minutes,
        String commit,
        String command,
        Optional<MeasuredBound> bound,
        String augmentation) {

    /**
     * A bound and what was measured.
     *
     * @param report the numbers
     * @param setting in words: which images, which binarisation, on which images it was scored
     */
    public record MeasuredBound(BoundReport report, String setting) {
        public MeasuredBound {
            Objects.requireNonNull(report, "report");
            Objects.requireNonNull(setting, "setting");
        }
    }

    public Provenance {
        Objects.requireNonNull(data, "data");
        Objects.requireNonNull(binarisation, "binarisation");
        Objects.requireNonNull(commit, "commit");
        Objects.requireNonNull(command, "command");
        Objects.requireNonNull(bound, "bound");
        Objects.requireNonNull(augmentation, "augmentation");
    }

    /** Of a model whose training images stayed as they were. */
    public Provenance(
            String data,
            Binarisation binarisation,
            int episodeLength,
            long seed,
            int steps,
            double minutes,
            String commit,
            String command,
            Optional<MeasuredBound> bound) {
        this(data, binarisation, episodeLength, seed, steps, minutes, commit, command, bound, "none");
    }

    /** Of a run that has done {@code steps} steps of a plan in {@code seconds}; no bound, command or commit yet. */
    public static Provenance of(TrainingPlan plan, int steps, double seconds) {
        return new Provenance(
                plan.data(),
                plan.binarisation(),
                plan.episodeLength(),
                plan.seed(),
                steps,
                Math.round(seconds / 6) / 10.0,
                "",
                "",
                Optional.empty(),
                plan.augment().inWords());
    }

    /** The same with the commit of the source and the command line of the training. */
    public Provenance withSource(String newCommit, String newCommand) {
        return new Provenance(
                data, binarisation, episodeLength, seed, steps, minutes, newCommit, newCommand, bound, augmentation);
    }

    /** The same with a measured bound. */
    public Provenance withBound(BoundReport report, String setting) {
        return new Provenance(
                data,
                binarisation,
                episodeLength,
                seed,
                steps,
                minutes,
                commit,
                command,
                Optional.of(new MeasuredBound(report, setting)),
                augmentation);
    }
}
