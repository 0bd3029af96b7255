package io.kanerva.trainer.train;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.model.BoundTerms;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.Scale;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * A training run and its folder: {@code plan.json}, {@code metrics.csv}, {@code last.ckpt}. A run that was stopped,
 * however hard, goes on from its last checkpoint and ends with the very weights of a run that was never stopped.
 *
 * <p>Owns the model and the optimiser; {@link #close} frees both. Not thread-safe, but for {@link #requestStop}.
 */
public final class TrainingRun implements AutoCloseable {
    /** The checkpoint's name in a run's folder. */
    public static final String CHECKPOINT = "last.ckpt";
    /** The metrics' name in a run's folder. */
    public static final String METRICS = "metrics.csv";

    private final TrainingPlan plan;
    private final Path folder;
    private final TrainingEpisodes episodes;
    private final KanervaModel model;
    private final Adam adam;
    private final MetricsFile metrics;
    private int step;
    private double seconds;
    private volatile boolean stopRequested;

    private TrainingRun(TrainingPlan plan, Path folder, TrainingEpisodes episodes, KanervaModel model) {
        this.plan = plan;
        this.folder = folder;
        this.episodes = episodes;
        this.model = model;
        adam = new Adam(model);
        metrics = new MetricsFile(folder.resolve(METRICS));
    }

    /**
     * A new run.
     *
     * @param folder is made if it is not there; a run that it holds already is an error
     * @throws IllegalArgumentException if the images are not of the model's size or do not fill an episode
     * @throws IllegalStateException if the folder holds a run
     * @throws UncheckedIOException if it cannot be written
     */
    public static TrainingRun start(TrainingPlan plan, Path folder, Images images, Device device) {
        if (Files.exists(folder.resolve(CHECKPOINT))) {
            throw new IllegalStateException("%s: expected no run there yet, found %s: resume it, or choose another folder".formatted(folder, CHECKPOINT));
        }
        TrainingEpisodes episodes = new TrainingEpisodes(images, plan);
        try {
            Files.createDirectories(folder);
            WholeFile.write(folder.resolve("plan.json"), new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(plan) + "\n");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException("%s: the run's folder cannot be made (%s)".formatted(folder, e), e);
        }
        new MetricsFile(folder.resolve(METRICS)).keepUpTo(0);
        return new TrainingRun(plan, folder, episodes, new KanervaModel(plan.settings(), device, plan.seed()));
    }

    /**
     * Goes on with the run of that folder. The images must be those that it was started with.
     *
     * @throws CheckpointException if the folder holds no checkpoint, or a damaged one
     * @throws IllegalArgumentException if the images are not of the model's size or do not fill an episode
     */
    public static TrainingRun resume(Path folder, Images images, Device device) {
        Checkpoint checkpoint = Checkpoint.read(folder.resolve(CHECKPOINT));
        TrainingEpisodes episodes = new TrainingEpisodes(images, checkpoint.plan());
        TrainingRun run = new TrainingRun(checkpoint.plan(), folder, episodes, checkpoint.model(device));
        try {
            checkpoint.restore(run.adam);
            run.step = checkpoint.step();
            run.seconds = checkpoint.seconds();
            run.metrics.keepUpTo(run.step);
            return run;
        } catch (RuntimeException e) {
            run.close();
            throw e;
        }
    }

    /**
     * Trains to the plan's end or until asked to stop, and leaves a checkpoint either way.
     *
     * @param listener hears of every step, on the calling thread
     * @throws IllegalStateException if the loss is no longer finite; the last checkpoint stays as it was
     */
    public void train(Consumer<StepMetrics> listener) {
        long started = System.nanoTime();
        double before = seconds;
        while (step < plan.steps() && !stopRequested) {
            StepMetrics measured = step();
            seconds = before + (System.nanoTime() - started) * 1e-9;
            if (step % plan.logEvery() == 0) {
                metrics.append(measured);
            }
            if (step % plan.checkpointEvery() == 0) {
                checkpoint();
            }
            listener.accept(measured);
        }
        checkpoint();
    }

    /** Makes {@link #train} return after the step that it is in. From any thread. */
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

    /** The model as trained so far; it belongs to this run. */
    public KanervaModel model() {
        return model;
    }

    @Override
    public void close() {
        adam.close();
        model.close();
    }

    private void checkpoint() {
        Checkpoint.of(plan, step, seconds, model, adam).write(folder.resolve(CHECKPOINT));
    }

    private StepMetrics step() {
        double done = step / (double) plan.steps();
        double keyWeight = plan.keyWeight().at(done);
        double latentWeight = plan.latentWeight().at(done);
        double learningRate = plan.learningRateAt(step);
        TrainingEpisodes.Batch batch = episodes.draw(step);
        KanervaSettings s = plan.settings();
        long b = plan.episodes();
        long t = plan.episodeLength();
        try (NDManager scratch = model.manager().newSubManager()) {
            NDArray images = scratch.create(batch.images(), new Shape(b, t, s.imageChannels(), s.imageHeight(), s.imageWidth()));
            NDArray keyNoise = scratch.create(batch.keyNoise(), new Shape(b, t, s.keys(), 3));
            NDArray latentNoise = scratch.create(batch.latentNoise(), new Shape(b, t, s.latent()));
            float[] means;
            try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
                BoundTerms terms = model.pass(images, keyNoise, latentNoise, true);
                NDArray reconstruction = terms.reconstruction().mean();
                NDArray keyDivergence = terms.keyDivergence().mean();
                NDArray latentDivergence = terms.latentDivergence().mean();
                collector.backward(reconstruction.add(Scale.by(keyDivergence, keyWeight)).add(Scale.by(latentDivergence, latentWeight)));
                means = NDArrays.stack(new NDList(reconstruction, keyDivergence, latentDivergence)).toFloatArray();
            }
            double norm = adam.update(step + 1, learningRate, plan.gradientNorm());
            if (!Double.isFinite((double) means[0] + means[1] + means[2]) || !Double.isFinite(norm)) {
                throw new IllegalStateException("training diverged in step %d: expected a finite loss, found reconstruction %s + KL(Y) %s + KL(Z) %s with a gradient of norm %s: try a smaller learning rate"
                        .formatted(step + 1, means[0], means[1], means[2], norm));
            }
            step++;
            return new StepMetrics(step, means[0], means[1], means[2], norm, learningRate, keyWeight, latentWeight);
        }
    }
}
