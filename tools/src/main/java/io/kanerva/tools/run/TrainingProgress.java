package io.kanerva.tools.run;

import ai.djl.Device;
import io.kanerva.tools.Failure;
import io.kanerva.tools.terminal.Progress;
import io.kanerva.tools.terminal.Terminal;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.model.LinearStart;
import io.kanerva.trainer.train.Checkpoint;
import io.kanerva.trainer.train.StepMetrics;
import io.kanerva.trainer.train.TrainingListener;
import io.kanerva.trainer.train.TrainingPlan;
import io.kanerva.trainer.train.TrainingRun;
import io.kanerva.trainer.train.ValidationScore;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Runs training with progress on the terminal. */
public final class TrainingProgress {
    private static final int SMOOTHED_STEPS = 50;

    private TrainingProgress() {}

    /**
     * Opens a new run, with progress on the terminal if a linear model is fitted first.
     *
     * @param from whose weights it starts with, if any
     * @throws IllegalArgumentException if plan, images and devices do not fit
     * @throws io.kanerva.trainer.train.CheckpointException if the weights are those of another model
     * @throws Failure if the folder holds a run or cannot be written
     */
    public static TrainingRun start(
            TrainingPlan plan,
            Path folder,
            Images images,
            List<Device> devices,
            Optional<Checkpoint> from,
            Terminal terminal) {
        try {
            if (from.isPresent() || plan.settings().decoder().banks() == 0) {
                return TrainingRun.start(plan, folder, images, devices, from, done -> {});
            }
            try (Progress progress = Progress.start(
                    terminal, "Fitting", LinearStart.work(plan.settings()), "parts of the linear model")) {
                return TrainingRun.start(plan, folder, images, devices, from, progress::at);
            }
        } catch (IllegalStateException | UncheckedIOException e) {
            throw new Failure(e.getMessage(), e);
        }
    }

    /** Opens the run in the folder where it stopped. */
    public static TrainingRun resume(Path folder, Images images, List<Device> devices) {
        try {
            return TrainingRun.resume(folder, images, devices);
        } catch (IllegalArgumentException | IllegalStateException | UncheckedIOException e) {
            throw new Failure(e.getMessage(), e);
        }
    }

    /**
     * Trains to the end of the plan, or until the run is asked to stop.
     *
     * @param listener called after each step, validation and checkpoint as well
     * @throws Failure if training diverges or the run's files cannot be written
     */
    public static void train(TrainingRun run, Terminal terminal, TrainingListener listener) {
        try (Progress progress = Progress.start(terminal, "Training", run.plan().steps(), "steps")
                .from(run.stepsDone())) {
            run.train(new Shown(progress, listener));
        } catch (IllegalStateException | UncheckedIOException e) {
            throw new Failure(e.getMessage(), e);
        }
    }

    /** Shows the smoothed bound of the training episodes and the last validation score. */
    private static final class Shown implements TrainingListener {
        private final Progress progress;
        private final TrainingListener next;
        private double bound = Double.NaN;
        private String validation = "";

        Shown(Progress progress, TrainingListener next) {
            this.progress = progress;
            this.next = next;
        }

        @Override
        public void stepped(StepMetrics step) {
            double weight = Double.isNaN(bound) ? 1 : 1.0 / Math.min(step.step(), SMOOTHED_STEPS);
            bound = Double.isNaN(bound) ? step.bound() : bound + weight * (step.bound() - bound);
            progress.at(step.step(), String.format(Locale.ROOT, "bound %.1f nats%s", bound, validation));
            next.stepped(step);
        }

        @Override
        public void validated(ValidationScore score, boolean best) {
            validation = String.format(Locale.ROOT, ", validation %.1f%s", score.bound(), best ? " (best)" : "");
            next.validated(score, best);
        }

        @Override
        public void saved(int step) {
            next.saved(step);
        }
    }
}
