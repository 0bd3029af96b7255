package io.kanerva.tools.command;

import ai.djl.Device;
import io.kanerva.tools.Failure;
import io.kanerva.tools.OutputFile;
import io.kanerva.tools.terminal.Progress;
import io.kanerva.trainer.data.DataSource;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.train.Checkpoint;
import io.kanerva.trainer.train.Preset;
import io.kanerva.trainer.train.TrainingPlan;
import io.kanerva.trainer.train.TrainingRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code kpp train}: learns a model from a data set. */
@Command(name = "train", header = "Train a model.",
        description = "The run's folder holds the plan, a checkpoint and the metrics as CSV. Control-C stops it with a checkpoint; --resume goes on from there, "
                + "and ends with the very weights of a run that was never stopped.",
        footer = {"  kpp train --preset mnist --data ~/data --run runs/mnist", "  kpp train --resume --data ~/data --run runs/mnist"})
public final class Train extends Action {
    @Option(names = {"-p", "--preset"}, paramLabel = "NAME", order = 1, completionCandidates = PresetNames.class, description = "One of ${COMPLETION-CANDIDATES}.")
    private String preset;

    @Option(names = {"-d", "--data"}, paramLabel = "DIR", order = 2, description = "Folder of data sets. Default: what was fetched, else the Fashion-MNIST images that ship.")
    private Path data;

    @Option(names = {"-r", "--run"}, paramLabel = "DIR", required = true, order = 3, description = "Folder of the run.")
    private Path folder;

    @Option(names = "--resume", order = 4, description = "Go on with the run in that folder.")
    private boolean resume;

    @Option(names = "--steps", paramLabel = "N", order = 5, description = "Optimiser steps, instead of the preset's.")
    private Integer steps;

    @Option(names = {"-T", "--episode-length"}, paramLabel = "T", order = 6, description = "Samples an episode, instead of the preset's.")
    private Integer episodeLength;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", order = 7, description = "Of weights, episodes and noise. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Mixin
    private LearningDevice device;

    /** The presets' names, for help and completion. */
    static final class PresetNames implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Arrays.stream(Preset.values()).map(Preset::id).iterator();
        }
    }

    @Override
    protected void run() {
        if (resume == (preset != null)) {
            throw usage(resume ? "Expected either --preset or --resume, found both" : "Expected --preset NAME or --resume, found neither");
        }
        if (resume && (steps != null || episodeLength != null)) {
            throw usage("Expected --resume without --steps and --episode-length, which the run's plan has fixed");
        }
        if (steps != null) {
            requirePositive("--steps", steps);
        }
        if (episodeLength != null) {
            requirePositive("--episode-length", episodeLength);
        }
        OutputFile.requireWritableFolder(folder);
        TrainingPlan plan = resume ? Checkpoint.read(folder.resolve(TrainingRun.CHECKPOINT)).plan() : plan();
        DataSource source = DataSource.named(plan.data());
        Images images = source.train(DataHome.of(data, source));
        Device where = device.choose();
        try (TrainingRun run = resume ? Learner.resume(folder, images, where) : Learner.start(plan, folder, images, where)) {
            terminal().line("%s: %,d images, %,d parameters, %d episodes of T = %d a step, %s writer, memory of %,d floats, on %s".formatted(plan.data(), images.count(),
                    run.model().parameterCount(), plan.episodes(), plan.episodeLength(), plan.settings().writer().toString().toLowerCase(Locale.ROOT),
                    plan.settings().memoryFloats(), LearningDevice.name(where)));
            if (!resume) {
                CommandRecord.write(folder, commandText());
            }
            Learner.train(run, terminal());
            print("run        %s: %,d of %,d steps in %s", folder, run.stepsDone(), plan.steps(), Progress.duration(run.seconds()));
            String dataOption = data == null ? "" : " --data " + data;
            if (run.stepsDone() < plan.steps()) {
                print("go on      kpp train --resume%s --run %s", dataOption, folder);
            } else {
                print("evaluate   kpp evaluate%s --run %s", dataOption, folder);
                print("export     kpp export%s --run %s --out %s", dataOption, folder, folder.resolve("bundle"));
            }
        }
    }

    private TrainingPlan plan() {
        if (Files.exists(folder.resolve(TrainingRun.CHECKPOINT))) {
            throw new Failure("%s: expected no run there yet, found %s: resume it with --resume, or choose another folder".formatted(folder, TrainingRun.CHECKPOINT));
        }
        try {
            TrainingPlan plan = Preset.named(preset).plan().withSeed(seed);
            plan = steps == null ? plan : plan.withSteps(steps);
            return episodeLength == null ? plan : plan.withEpisodeLength(episodeLength);
        } catch (IllegalArgumentException e) {
            throw usage(e.getMessage());
        }
    }
}
