package io.kanerva.trainer.train;

import ai.djl.Device;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.model.DecoderSettings;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.LinearStart;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;

/**
 * A training run and its folder: {@code plan.json}, {@code metrics.csv}, {@code last.ckpt}, and with validation
 * {@code validation.csv} and {@code best.ckpt}. A run that was stopped, even by a crash, resumes from its last
 * checkpoint and ends with exactly the weights of an uninterrupted run.
 *
 * <p>Owns the model and the optimiser; {@link #close} frees both. Not thread-safe, except for {@link #requestStop}.
 */
public final class TrainingRun implements AutoCloseable {
    /** The checkpoint's name in a run's folder. */
    public static final String CHECKPOINT = "last.ckpt";
    /** The name of the checkpoint with the best validation score. */
    public static final String BEST = "best.ckpt";
    /** The validation scores' name in a run's folder. */
    public static final String VALIDATION = "validation.csv";
    /** The metrics' name in a run's folder. */
    public static final String METRICS = "metrics.csv";
    /** The name of the metrics and scores as JSON lines. */
    public static final String METRICS_LINES = "metrics.jsonl";
    /** The plan's name in a run's folder. */
    public static final String PLAN = "plan.json";

    private final TrainingPlan plan;
    private final Path folder;
    private final TrainingEpisodes episodes;
    private final KanervaModel model;
    private final Adam adam;
    private final DataParallel learner;
    private final WeightAverage average;
    private final Validator validator;
    private final RunRecords records;
    private final RunLock lock;
    private final int imageCount;
    private List<ValidationScore> scores = List.of();
    private int step;
    private double seconds;
    private volatile boolean stopRequested;

    private TrainingRun(
            TrainingPlan plan,
            Path folder,
            Images images,
            TrainingEpisodes episodes,
            Validator validator,
            KanervaModel model,
            List<Device> devices,
            RunLock lock) {
        this.lock = lock;
        this.plan = plan;
        this.folder = folder;
        this.episodes = episodes;
        this.validator = validator;
        this.model = model;
        imageCount = images.count();
        adam = new Adam(model);
        learner = new DataParallel(model, plan, devices);
        average = plan.averageDecay() > 0 ? new WeightAverage(model, plan) : null;
        records = new RunRecords(folder, validator != null, plan.episodes() * plan.episodeLength());
    }

    /** A new run on one device. */
    public static TrainingRun start(TrainingPlan plan, Path folder, Images images, Device device) {
        return start(plan, folder, images, List.of(device), Optional.empty(), done -> {});
    }

    /**
     * A new run. Several devices share the episodes of each step; the sums of their gradients differ in the last digits
     * from those of one device, so a run ends with the same weights only if it is resumed on the same number of
     * devices.
     *
     * @param folder created if missing
     * @param devices each takes the same number of the plan's episodes
     * @param from whose weights the run starts with, the averaged ones if there are any; else those of the plan's seed
     * @param fitted called with the number of {@link LinearStart#work} units done: a linear path
     *     ({@link DecoderSettings#banks}) is fitted to some of the images first, which takes seconds
     * @throws IllegalArgumentException if the images are not of the model's size or do not fill an episode, or the
     *     devices cannot share the episodes equally
     * @throws IllegalStateException if the folder holds a run, or another training writes into it
     * @throws CheckpointException if {@code from} has not the weights of the plan's model
     * @throws UncheckedIOException if the folder cannot be written
     */
    public static TrainingRun start(
            TrainingPlan plan,
            Path folder,
            Images images,
            List<Device> devices,
            Optional<Checkpoint> from,
            IntConsumer fitted) {
        requireNoRun(folder);
        DataParallel.requireEqualParts(plan, devices);
        TrainingEpisodes episodes = new TrainingEpisodes(Validator.training(images, plan), plan);
        Validator validator = Validator.of(images, plan);
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException("%s: the run's folder cannot be created (%s)".formatted(folder, e), e);
        }
        return RunLock.open(folder, lock -> {
            // Another training may have ended there since.
            requireNoRun(folder);
            AtomicFile.write(folder.resolve(PLAN), PlanEdit.json(plan));
            KanervaModel model = from.isPresent()
                    ? from.get().model(plan, devices.get(0))
                    : fresh(plan, episodes, devices.get(0), fitted);
            TrainingRun run = new TrainingRun(plan, folder, images, episodes, validator, model, devices, lock);
            run.records.keepUpTo(0, 0);
            return run;
        });
    }

    /**
     * Checks that nobody trains in a folder, which need not exist.
     *
     * @throws IllegalStateException if a training writes into it, in this process or another one
     */
    public static void requireIdle(Path folder) {
        if (Files.isDirectory(folder)) {
            RunLock.of(folder).close();
        }
    }

    private static void requireNoRun(Path folder) {
        if (Files.exists(folder.resolve(CHECKPOINT))) {
            throw new IllegalStateException(
                    "%s: expected no run there yet, found %s: resume it, or choose another folder"
                            .formatted(folder, CHECKPOINT));
        }
    }

    private static KanervaModel fresh(TrainingPlan plan, TrainingEpisodes episodes, Device device, IntConsumer fitted) {
        KanervaModel model = new KanervaModel(plan.settings(), device, plan.seed());
        try {
            if (plan.settings().decoder().banks() > 0) {
                LinearStart.fit(model, episodes.sample(LinearStart.images(plan.settings())), fitted);
            }
            return model;
        } catch (RuntimeException e) {
            model.close();
            throw e;
        }
    }

    /**
     * Resumes the run in that folder. The images must be those that it was started with.
     *
     * @throws CheckpointException if the folder holds no checkpoint, or a damaged one
     * @throws IllegalArgumentException if the images are not of the model's size, do not fill an episode, or their
     *     number is not that of the run
     */
    public static TrainingRun resume(Path folder, Images images, Device device) {
        return resume(folder, images, List.of(device));
    }

    /**
     * Gives the run in a folder another number of steps, so that a finished one can be resumed. The learning rate
     * follows the schedule of the new number from the next step on.
     *
     * @throws CheckpointException if the folder holds no checkpoint, or a damaged one
     * @throws IllegalArgumentException if the run has done as many steps already
     */
    public static void setSteps(Path folder, int steps) {
        RunLock lock = RunLock.of(folder);
        try (lock) {
            Checkpoint checkpoint = Checkpoint.read(folder.resolve(CHECKPOINT));
            if (steps <= checkpoint.step()) {
                throw new IllegalArgumentException(
                        "%s: expected more than the %,d steps that the run has done, found %,d"
                                .formatted(folder, checkpoint.step(), steps));
            }
            TrainingPlan plan = checkpoint.plan().with("steps=" + steps);
            AtomicFile.write(folder.resolve(PLAN), PlanEdit.json(plan));
            checkpoint.with(plan).write(folder.resolve(CHECKPOINT));
        }
    }

    /** Like {@link #resume(Path, Images, Device)}, on several devices. */
    public static TrainingRun resume(Path folder, Images images, List<Device> devices) {
        return RunLock.open(
                folder, lock -> resume(Checkpoint.read(folder.resolve(CHECKPOINT)), folder, images, devices, lock));
    }

    private static TrainingRun resume(
            Checkpoint checkpoint, Path folder, Images images, List<Device> devices, RunLock lock) {
        if (checkpoint.images() > 0 && checkpoint.images() != images.count()) {
            throw new IllegalArgumentException(
                    "'%s': expected the %,d images that the run in %s was started with, found %,d"
                            .formatted(images.name(), checkpoint.images(), folder, images.count()));
        }
        DataParallel.requireEqualParts(checkpoint.plan(), devices);
        TrainingPlan plan = checkpoint.plan();
        TrainingEpisodes episodes = new TrainingEpisodes(Validator.training(images, plan), plan);
        Validator validator = Validator.of(images, plan);
        KanervaModel model = checkpoint.trained(devices.get(0));
        TrainingRun run = new TrainingRun(plan, folder, images, episodes, validator, model, devices, lock);
        try {
            checkpoint.restore(run.adam);
            if (run.average != null) {
                checkpoint.restore(run.average);
            }
            run.step = checkpoint.step();
            run.seconds = checkpoint.seconds();
            run.scores = run.records.keepUpTo(run.step, run.seconds);
            return run;
        } catch (RuntimeException e) {
            run.close();
            throw e;
        }
    }

    /**
     * Trains until the plan's end, a requested stop, or early stopping, and always leaves a checkpoint.
     *
     * @param listener is notified of every step, on the calling thread
     * @throws IllegalStateException if the loss is no longer finite; the last checkpoint is kept
     */
    public void train(TrainingListener listener) {
        long started = System.nanoTime();
        double before = seconds;
        while (!isFinished() && !stopRequested) {
            StepMetrics measured = step();
            seconds = before + (System.nanoTime() - started) * 1e-9;
            if (step % plan.logEvery() == 0) {
                records.append(measured, seconds);
            }
            if (validator != null && (step % plan.validation().every() == 0 || step == plan.steps())) {
                validate(listener);
                seconds = before + (System.nanoTime() - started) * 1e-9;
            }
            if (step % plan.checkpointEvery() == 0) {
                checkpoint(CHECKPOINT);
                KeptCheckpoints.keep(folder, step, plan.keepCheckpoints());
                listener.saved(step);
            }
            if (step % NativeHeap.STEPS == 0) {
                NativeHeap.trim();
            }
            listener.stepped(measured);
        }
        checkpoint(CHECKPOINT);
        listener.saved(step);
    }

    /** Whether there is nothing left to train: all steps are done, or validation ended the run early. */
    public boolean isFinished() {
        return step >= plan.steps() || endedEarly();
    }

    /** Whether the validation score has not improved within the plan's patience. */
    public boolean endedEarly() {
        int patience = plan.validation().patience();
        return patience > 0
                && best().filter(best -> scores.size() - 1 - scores.indexOf(best) >= patience)
                        .isPresent();
    }

    /** The best validation score so far, if there was one. */
    public Optional<ValidationScore> best() {
        // Ties keep the earlier one.
        return scores.stream().reduce((a, b) -> b.bound() < a.bound() ? b : a);
    }

    /** Makes {@link #train} return after the current step. May be called from any thread. */
    public void requestStop() {
        stopRequested = true;
    }

    /** Steps done so far. */
    public int stepsDone() {
        return step;
    }

    /** Seconds spent in {@link #train}, over all parts of the run. */
    public double seconds() {
        return seconds;
    }

    /** The plan. */
    public TrainingPlan plan() {
        return plan;
    }

    /** The model to use, as trained so far: with averaged weights if the plan averages them. It belongs to this run. */
    public KanervaModel model() {
        return average == null ? model : average.model();
    }

    @Override
    public void close() {
        if (average != null) {
            average.close();
        }
        learner.close();
        adam.close();
        model.close();
        lock.close();
    }

    private void checkpoint(String name) {
        Checkpoint.of(plan, step, seconds, imageCount, model, adam, average).write(folder.resolve(name));
    }

    private void validate(TrainingListener listener) {
        ValidationScore score = validator.score(model(), step);
        boolean best = best().map(before -> score.bound() < before.bound()).orElse(true);
        if (best) {
            checkpoint(BEST);
        }
        scores = records.append(score, seconds);
        listener.validated(score, best);
    }

    private StepMetrics step() {
        double done = step / (double) plan.steps();
        double keyWeight = plan.keyWeight().at(done);
        double latentWeight = plan.latentWeight().at(done);
        double learningRate = plan.learningRateAt(step);
        TrainingEpisodes.Batch batch = episodes.draw(step);
        float[] means = learner.learn(batch, keyWeight, latentWeight);
        double norm = adam.update(step + 1, learningRate, plan.gradientNorm());
        if (!Double.isFinite((double) means[0] + means[1] + means[2]) || !Double.isFinite(norm)) {
            throw new IllegalStateException(
                    ("training diverged in step %d: expected a finite loss, found reconstruction %s + KL(Y) %s + "
                                    + "KL(Z) %s with a gradient of norm %s: try a smaller learning rate")
                            .formatted(step + 1, means[0], means[1], means[2], norm));
        }
        step++;
        if (average != null) {
            average.update(step);
        }
        return new StepMetrics(step, means[0], means[1], means[2], norm, learningRate, keyWeight, latentWeight);
    }
}
