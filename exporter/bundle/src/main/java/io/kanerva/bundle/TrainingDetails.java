package io.kanerva.bundle;

import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.evaluate.BoundReport;
import io.kanerva.trainer.train.TrainingPlan;
import java.util.Objects;
import java.util.Optional;

/**
 * How a model was trained, which a bundle states in addition to the model's settings.
 *
 * @param data name of the training data, for example {@code fashion-mnist}
 * @param binarisation how grey training images were made binary
 * @param episodeLength T in training
 * @param seed of the run
 * @param steps optimiser steps done
 * @param minutes of training
 * @param commit of the source, empty if unknown
 * @param command that trained it, empty if there was none
 * @param bound on test images; empty if it was not measured
 * @param boundSetting description of how the bound was measured: images and binarisation; empty without a bound
 * @param augmentation description of how training images were augmented
 * @param plan of the run, which the bundle carries so that its training can go on; empty if there was no run
 */
public record TrainingDetails(
        String data,
        Binarisation binarisation,
        int episodeLength,
        long seed,
        int steps,
        double minutes,
        String commit,
        String command,
        Optional<BoundReport> bound,
        String boundSetting,
        String augmentation,
        Optional<TrainingPlan> plan) {

    public TrainingDetails {
        Objects.requireNonNull(data, "data");
        Objects.requireNonNull(binarisation, "binarisation");
        Objects.requireNonNull(commit, "commit");
        Objects.requireNonNull(command, "command");
        Objects.requireNonNull(bound, "bound");
        Objects.requireNonNull(boundSetting, "boundSetting");
        Objects.requireNonNull(augmentation, "augmentation");
        Objects.requireNonNull(plan, "plan");
    }

    /** Details of a model with weights that were never trained, for tests and benchmarks. */
    public static TrainingDetails untrained(String data, Binarisation binarisation, int episodeLength) {
        return new TrainingDetails(
                data, binarisation, episodeLength, 1, 0, 0, "", "", Optional.empty(), "", "none", Optional.empty());
    }

    /** Details of a run after {@code steps} steps of a plan in {@code seconds}; without bound, command and commit. */
    public static TrainingDetails of(TrainingPlan plan, int steps, double seconds) {
        return new TrainingDetails(
                plan.data(),
                plan.binarisation(),
                plan.episodeLength(),
                plan.seed(),
                steps,
                Math.round(seconds / 6) / 10.0,
                "",
                "",
                Optional.empty(),
                "",
                plan.augment().inWords(),
                Optional.of(plan));
    }

    /** The same with the commit of the source and the command line of the training. */
    public TrainingDetails withSource(String newCommit, String newCommand) {
        return new TrainingDetails(
                data,
                binarisation,
                episodeLength,
                seed,
                steps,
                minutes,
                newCommit,
                newCommand,
                bound,
                boundSetting,
                augmentation,
                plan);
    }

    /** The same with a measured bound. */
    public TrainingDetails withBound(BoundReport report, String setting) {
        return new TrainingDetails(
                data,
                binarisation,
                episodeLength,
                seed,
                steps,
                minutes,
                commit,
                command,
                Optional.of(report),
                setting,
                augmentation,
                plan);
    }
}
