package io.kanerva.trainer.train;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.kanerva.trainer.data.Augmentation;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.ImageShape;
import io.kanerva.trainer.model.ImageLikelihood;
import io.kanerva.trainer.model.KanervaSettings;
import java.util.List;

/**
 * Everything that a run depends on besides the images: the same plan and images give the same weights on the same
 * machine, bit for bit.
 *
 * @param settings the model's shape
 * @param data name of the data set, for the record
 * @param binarisation how training images are made binary
 * @param episodes B, episodes per step
 * @param episodeLength T, samples per episode
 * @param oneClass share of the episodes, 0 to 1, whose images are all of one class and, with augment, moved by one map;
 *     the images of the others are drawn and moved one by one
 * @param steps optimiser steps in the whole run
 * @param learningRate Adam's largest, after the warm-up
 * @param warmup steps over which the learning rate rises from 0
 * @param gradientNorm maximum global L2 norm of the gradient; a larger one is scaled down to it
 * @param keyWeight schedule of KL(Y)'s weight in the loss
 * @param latentWeight schedule of KL(Z)'s weight in the loss
 * @param seed of weights, episodes, binarisation and latents
 * @param logEvery steps between two rows of the metrics
 * @param checkpointEvery steps between two checkpoints
 * @param validation held-out images and early stopping
 * @param averageDecay decay of the weights' exponential moving average, at least 0 and below 1; 0 for no average. With
 *     an average, it is what is scored and exported
 * @param augment random transforms of the training images
 * @param schedule how the learning rate changes
 * @param keepCheckpoints number of checkpoints that are kept besides the last and the best one, at least 0
 */
public record TrainingPlan(
        @JsonProperty("model") KanervaSettings settings,
        String data,
        Binarisation binarisation,
        int episodes,
        int episodeLength,
        double oneClass,
        int steps,
        double learningRate,
        int warmup,
        double gradientNorm,
        Ramp keyWeight,
        Ramp latentWeight,
        long seed,
        int logEvery,
        int checkpointEvery,
        Validation validation,
        double averageDecay,
        Augmentation augment,
        Schedule schedule,
        int keepCheckpoints) {

    /** @throws IllegalArgumentException if a number is out of its range; the message names it */
    public TrainingPlan {
        if (settings == null
                || data == null
                || binarisation == null
                || keyWeight == null
                || latentWeight == null
                || validation == null
                || augment == null
                || schedule == null) {
            throw new IllegalArgumentException("a plan needs a model, a data set's name, a binarisation, two weight "
                    + "schedules, a validation, an augmentation and a schedule, found one of them missing");
        }
        if ((settings.likelihood() == ImageLikelihood.BERNOULLI) == (binarisation == Binarisation.NONE)) {
            throw new IllegalArgumentException("a %s likelihood needs %s, found the binarisation %s"
                    .formatted(
                            settings.likelihood(),
                            settings.likelihood() == ImageLikelihood.BERNOULLI
                                    ? "binary images"
                                    : "images of 256 levels (binarisation none)",
                            binarisation));
        }
        positive("episodes", episodes);
        positive("episode length (T)", episodeLength);
        positive("steps", steps);
        positive("learning rate", learningRate);
        if (Double.isInfinite(learningRate)) {
            throw new IllegalArgumentException("learning rate must be finite, found " + learningRate);
        }
        positive("gradient norm", gradientNorm);
        positive("steps between metrics", logEvery);
        positive("steps between checkpoints", checkpointEvery);
        if (warmup < 0) {
            throw new IllegalArgumentException("warm-up must not be negative, found " + warmup);
        }
        if (keepCheckpoints < 0) {
            throw new IllegalArgumentException(
                    "number of checkpoints to keep must not be negative, found " + keepCheckpoints);
        }
        if (!(averageDecay >= 0 && averageDecay < 1)) {
            throw new IllegalArgumentException(
                    "decay of the average must be at least 0 and below 1, found " + averageDecay);
        }
        if (!(oneClass >= 0 && oneClass <= 1)) {
            throw new IllegalArgumentException(
                    "share of episodes of one class (oneClass) must be 0 to 1, found " + oneClass);
        }
        if (oneClass > 0 && settings.gist()) {
            throw new IllegalArgumentException(
                    "share of episodes of one class (oneClass) must be 0 for a model that reads gists, which is "
                            + "trained on pairs of a class, found " + oneClass);
        }
        if (episodeLength > settings.capacity()) {
            throw new IllegalArgumentException(
                    "episode length (T) must be at most %d, the slots of the memory, found %d"
                            .formatted(settings.capacity(), episodeLength));
        }
    }

    /** Adam's learning rate in step {@code step}, counted from 0: linear warm-up, then the schedule. */
    public double learningRateAt(int step) {
        double warm = warmup == 0 ? 1 : Math.min(1, (step + 1) / (double) warmup);
        return learningRate * warm * schedule.at(step, steps);
    }

    /** The size of the model's images, which images that the user brings are brought to. */
    public ImageShape imageShape() {
        return new ImageShape(
                settings.image().channels(),
                settings.image().height(),
                settings.image().width());
    }

    /** The same plan with another number of steps, of which the warm-up takes at most a quarter. */
    public TrainingPlan withSteps(int count) {
        return with("steps=" + count, "warmup=" + Math.min(warmup, count / 4));
    }

    /** The same plan with another seed. */
    public TrainingPlan withSeed(long other) {
        return with("seed=" + other);
    }

    /**
     * The same plan with other values.
     *
     * @param assignments as {@link PlanEdit#apply} takes them
     */
    public TrainingPlan with(String... assignments) {
        return PlanEdit.apply(this, List.of(assignments));
    }

    private static void positive(String name, double value) {
        if (!(value > 0)) {
            throw new IllegalArgumentException("%s must be greater than 0, found %s"
                    .formatted(name, value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value)));
        }
    }
}
