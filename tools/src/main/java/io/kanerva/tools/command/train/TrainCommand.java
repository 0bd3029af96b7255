package io.kanerva.tools.command.train;

import ai.djl.Device;
import io.kanerva.conformance.bundle.PhiloxNoise;
import io.kanerva.tools.Failure;
import io.kanerva.tools.OutputFile;
import io.kanerva.tools.bundle.BundleWriter;
import io.kanerva.tools.command.DataOptions;
import io.kanerva.tools.command.EpisodeOptions;
import io.kanerva.tools.command.LearningDevice;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.run.CommandRecord;
import io.kanerva.tools.run.Interruption;
import io.kanerva.tools.run.PictureCheck;
import io.kanerva.tools.run.RunPath;
import io.kanerva.tools.run.RunReporter;
import io.kanerva.tools.run.SeedSummary;
import io.kanerva.tools.run.TrainingProgress;
import io.kanerva.tools.terminal.Progress;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.DataSource;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.data.OwnImages;
import io.kanerva.trainer.evaluate.BoundReport;
import io.kanerva.trainer.evaluate.CleanBound;
import io.kanerva.trainer.evaluate.TestEpisodes;
import io.kanerva.trainer.train.Checkpoint;
import io.kanerva.trainer.train.FittedPlan;
import io.kanerva.trainer.train.PlanEdit;
import io.kanerva.trainer.train.TrainingPlan;
import io.kanerva.trainer.train.TrainingRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code kpp train}: trains a model on a data set. */
@Command(
        name = "train",
        header = "Train a model, on a data set or on your own images.",
        description =
                "The run folder holds the plan, checkpoints, the metrics as CSV, and a page with curves and samples "
                        + "that reloads itself (run.html). Control-C stops the run with a checkpoint; --resume "
                        + "continues it, and "
                        + "ends with exactly the weights of an uninterrupted run.",
        footer = {
            "  kpp train --preset mnist --data ~/data --run runs/mnist",
            "  kpp train --resume --data ~/data --run runs/mnist",
            "  kpp train --preset mnist --run runs/watched --set validation.images=2000 \\",
            "      --set validation.patience=10 --set averageDecay=0.999",
            "  kpp train --preset mnist --run runs/three --seeds 1,2,3",
            "  kpp train --images photos/ --run runs/photos"
        })
public final class TrainCommand extends Subcommand {
    private static final long TEST_SEED = 1;

    @Mixin
    private PlanOptions planned;

    @Mixin
    private DataOptions data;

    @Option(
            names = {"-r", "--run"},
            paramLabel = "DIR",
            required = true,
            order = 3,
            description = "Folder of the run.")
    private Path folder;

    @Option(
            names = {"-i", "--images"},
            paramLabel = "PLACE",
            order = 3,
            description =
                    "Train on your own images: a folder of pictures, whose subfolders are their classes, a CSV file "
                            + "with columns path, label and split, or a .npy, .npz or IDX file. A tenth is for "
                            + "testing, unless there are folders or parts train and test. Without --preset, the "
                            + "model fits itself to them.")
    private Path own;

    /** Whether all pictures are known to be readable. */
    private boolean lookedAt;

    @Option(names = "--resume", order = 4, description = "Continue the run in that folder.")
    private boolean resume;

    @Option(
            names = "--seeds",
            paramLabel = "N",
            split = ",",
            order = 9,
            description =
                    "Train one run for each of these seeds, in folders seed-N of the run's, score them on the test "
                            + "images, and write mean and standard deviation to " + SeedSummary.FILE + ".")
    private List<Long> seeds;

    @Option(
            names = "--skip-unreadable",
            order = 10,
            description = "Leave out pictures that cannot be read. By default, all of them are listed and nothing is "
                    + "trained.")
    private boolean skipUnreadable;

    @Option(names = "--dry-run", order = 11, description = "Print the values of the plan and train nothing.")
    private boolean dryRun;

    @Mixin
    private LearningDevice device;

    @Override
    protected void run() {
        requireConsistentOptions();
        if (own != null && !resume) {
            fit();
        }
        if (dryRun) {
            PlanEdit.values(resume ? planOf(folder) : possible(planned::plan)).forEach(value -> out().println(value));
            return;
        }
        OutputFile.requirePlaceForFolder(folder);
        try (Interruption interruption = new Interruption(terminal())) {
            if (seeds == null) {
                TrainingPlan plan = resume ? planOf(folder) : possible(planned::plan);
                train(plan, folder, resume, images(plan), device.chooseAll(), interruption);
            } else {
                trainSeeds(interruption);
            }
            out().flush();
        }
    }

    private void requireConsistentOptions() {
        if (resume && planned.hasPreset()) {
            throw usage("Expected either --preset or --resume, found both");
        }
        if (!resume && !planned.hasPreset() && own == null) {
            throw usage("Expected --preset NAME, --images PLACE or --resume, found none of them");
        }
        if (own != null && data.folder() != null) {
            throw usage("Expected --images or --data, found both");
        }
        if (resume && planned.hasChanges()) {
            throw usage("Expected --resume without --steps, --episode-length, --set and --seed, "
                    + "which the run's plan fixes");
        }
        if (planned.hasSeed() && seeds != null) {
            throw usage("Expected --seed or --seeds, found both");
        }
        if (seeds != null && seeds.stream().distinct().count() < seeds.size()) {
            throw usage("Expected distinct --seeds, found " + seeds);
        }
    }

    /** Looks at images that the user brings and fits the plan to them. */
    private void fit() {
        OwnImages images = OwnImages.at(own);
        OwnImages.Survey survey = PictureCheck.survey(images, terminal());
        PictureCheck.require(
                images.place(), images.trainCount() + images.testCount(), survey.unreadable(), skipUnreadable);
        lookedAt = survey.unreadable().isEmpty();
        FittedPlan fitted = possible(() -> FittedPlan.of(images, survey));
        if (!planned.hasPreset()) {
            fitted.reasons().forEach(reason -> terminal().line("fitted     " + reason));
        }
        possible(() -> {
            planned.fit(fitted.plan());
            return fitted;
        });
    }

    /** Trains one run to its end or until it is interrupted; returns whether it is finished. */
    private boolean train(
            TrainingPlan plan,
            Path place,
            boolean resumes,
            Images images,
            List<Device> where,
            Interruption interruption) {
        if (!resumes && Files.exists(place.resolve(TrainingRun.CHECKPOINT))) {
            throw new Failure(
                    "%s: expected no run there yet, found %s: resume it with --resume, or choose another folder"
                            .formatted(place, TrainingRun.CHECKPOINT));
        }
        try (TrainingRun run = resumes
                ? TrainingProgress.resume(place, images, where)
                : possible(() -> TrainingProgress.start(plan, place, images, where, terminal()))) {
            interruption.stops(run);
            terminal()
                    .line(("%s: %,d images, %,d parameters, %d episodes of T = %d per step, %s writer, memory of "
                                    + "%,d floats, on %s")
                            .formatted(
                                    plan.data(),
                                    images.count(),
                                    run.model().parameterCount(),
                                    plan.episodes(),
                                    plan.episodeLength(),
                                    plan.settings().writer().toString().toLowerCase(Locale.ROOT),
                                    plan.settings().memoryFloats(),
                                    LearningDevice.names(where)));
            if (!resumes) {
                CommandRecord.write(place, commandText());
            }
            RunReporter reporter =
                    new RunReporter(run, place, CommandRecord.read(place).command(), images, System::nanoTime);
            TrainingProgress.train(run, terminal(), reporter);
            reporter.finish();
            print(
                    "run        %s: %,d of %,d steps in %s",
                    place, run.stepsDone(), plan.steps(), Progress.duration(run.seconds()));
            run.best()
                    .ifPresent(best -> print(
                            "best       step %,d: %.3f nats per image on the validation images%s",
                            best.step(),
                            best.bound(),
                            run.endedEarly()
                                    ? "; ended early, %d scores later"
                                            .formatted(plan.validation().patience())
                                    : ""));
            print("page       %s", place.resolve(RunReporter.FILE));
            if (!run.isFinished()) {
                print(
                        "resume     kpp train --resume%s%s --run %s",
                        dataOption(),
                        seeds == null
                                ? ""
                                : " --seeds "
                                        + String.join(
                                                ",",
                                                seeds.stream()
                                                        .map(String::valueOf)
                                                        .toList()),
                        quoted(folder.toString()));
            } else if (seeds == null) {
                Path best = run.best().isPresent() ? place.resolve(TrainingRun.BEST) : place;
                print("evaluate   kpp evaluate%s --run %s", dataOption(), quoted(best.toString()));
                print(
                        "export     kpp export%s --run %s --out %s",
                        dataOption(),
                        quoted(best.toString()),
                        quoted(place.resolve("bundle").toString()));
            }
            return run.isFinished();
        }
    }

    private void trainSeeds(Interruption interruption) {
        TrainingPlan first = resume
                ? seeds.stream()
                        .map(this::placeOf)
                        .filter(place -> Files.exists(place.resolve(TrainingRun.CHECKPOINT)))
                        .findFirst()
                        .map(this::planOf)
                        .orElseThrow(
                                () -> new Failure("%s: expected the run of one of the seeds %s to resume, found none"
                                        .formatted(folder, seeds)))
                : possible(() -> planned.plan(seeds.get(0)));
        DataSource source = DataSource.named(first.data());
        Binarisation binarisation =
                source.testBinarisation(first.settings().likelihood().isBinary());
        Images images = images(first);
        // Loads the test images before the training, so that missing ones are reported at once.
        TestEpisodes episodes = possible(() -> new TestEpisodes(
                PictureCheck.readable(
                        source.test(DataOptions.locate(place(), source), binarisation, EpisodeOptions.shape(first)),
                        skipUnreadable,
                        terminal()),
                binarisation,
                first.episodeLength(),
                TEST_SEED));
        List<Device> where = device.chooseAll();
        SeedSummary summary = new SeedSummary(BundleWriter.setting(episodes));
        for (long one : seeds) {
            Path place = placeOf(one);
            boolean resumes = resume && Files.exists(place.resolve(TrainingRun.CHECKPOINT));
            OutputFile.requirePlaceForFolder(place);
            if (interruption.asked()
                    || !train(
                            resumes ? planOf(place) : first.withSeed(one),
                            place,
                            resumes,
                            images,
                            where,
                            interruption)) {
                return;
            }
            Path best = place.resolve(TrainingRun.BEST);
            Checkpoint checkpoint = RunPath.checkpoint(Files.exists(best) ? best : place);
            try (var model = checkpoint.model(where.get(0));
                    Progress progress = Progress.start(terminal(), "Scoring", episodes.count(), "episodes")) {
                BoundReport report = CleanBound.evaluate(model, episodes, new PhiloxNoise(TEST_SEED), 0, progress::at);
                summary.add(one, checkpoint.step(), checkpoint.seconds(), report);
            }
        }
        summary.write(folder);
        summary.lines().forEach(line -> out().println(line));
        print("summary    %s", folder.resolve(SeedSummary.FILE));
    }

    private Path placeOf(long one) {
        return folder.resolve("seed-" + one);
    }

    private String dataOption() {
        Path place = place();
        return place == null ? "" : " --data " + quoted(place.toString());
    }

    private Images images(TrainingPlan plan) {
        DataSource source = DataSource.named(plan.data());
        Images images = possible(
                () -> source.train(DataOptions.locate(place(), source), plan.augment(), EpisodeOptions.shape(plan)));
        return lookedAt ? images : PictureCheck.readable(images, skipUnreadable, terminal());
    }

    private Path place() {
        return own == null ? data.folder() : own;
    }

    private TrainingPlan planOf(Path place) {
        return RunPath.checkpoint(place).plan();
    }

    /** What settings, images and devices make impossible is an error in the command line; nothing was trained yet. */
    private <T> T possible(Supplier<T> made) {
        try {
            return made.get();
        } catch (IllegalArgumentException e) {
            throw usage(e.getMessage());
        }
    }
}
