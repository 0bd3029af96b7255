package io.kanerva.tools.command;

import ai.djl.Device;
import io.kanerva.tools.Failure;
import io.kanerva.tools.terminal.Progress;
import io.kanerva.tools.terminal.Terminal;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.train.TrainingPlan;
import io.kanerva.trainer.train.TrainingRun;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Drives a training run: progress on the terminal, and a checkpoint also when the process is told to end. */
final class Learner {
    private static final int SMOOTHED_STEPS = 50;
    private static final int SECONDS_TO_STOP = 60;

    private Learner() {
    }

    /**
     * Opens a new run.
     *
     * @throws Failure if the folder holds a run or cannot be written, or plan and images do not fit
     */
    static TrainingRun start(TrainingPlan plan, Path folder, Images images, Device device) {
        try {
            return TrainingRun.start(plan, folder, images, device);
        } catch (IllegalArgumentException | IllegalStateException | UncheckedIOException e) {
            throw new Failure(e.getMessage(), e);
        }
    }

    /** Opens the run that the folder holds, where it stopped. */
    static TrainingRun resume(Path folder, Images images, Device device) {
        try {
            return TrainingRun.resume(folder, images, device);
        } catch (IllegalArgumentException | IllegalStateException | UncheckedIOException e) {
            throw new Failure(e.getMessage(), e);
        }
    }

    /**
     * Trains to the end of the plan. If the process is told to end (Control-C), the step is finished and a checkpoint written first.
     *
     * @throws Failure if training diverges or the run's files cannot be written
     */
    static void train(TrainingRun run, Terminal terminal) {
        CountDownLatch finished = new CountDownLatch(1);
        Thread onExit = new Thread(() -> {
            run.requestStop();
            try {
                finished.await(SECONDS_TO_STOP, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        Runtime.getRuntime().addShutdownHook(onExit);
        try (Progress progress = Progress.start(terminal, "Training", run.plan().steps(), "steps").from(run.stepsDone())) {
            double[] bound = {Double.NaN};
            run.train(step -> {
                double weight = Double.isNaN(bound[0]) ? 1 : 1.0 / Math.min(step.step(), SMOOTHED_STEPS);
                bound[0] = Double.isNaN(bound[0]) ? step.bound() : bound[0] + weight * (step.bound() - bound[0]);
                progress.at(step.step(), run.plan().binarisation().isBinary() ? String.format(Locale.ROOT, "bound %.1f nats", bound[0])
                        : String.format(Locale.ROOT, "bound %.3f bits a dimension", bound[0] / (run.plan().settings().pixels() * Math.log(2))));
            });
        } catch (IllegalStateException | UncheckedIOException e) {
            throw new Failure(e.getMessage(), e);
        } finally {
            finished.countDown();
            removeHook(onExit);
        }
    }

    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending already: the hook is what stopped the training.
            return;
        }
    }
}
