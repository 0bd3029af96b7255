package io.kanerva.tools.command.train;

import ai.djl.Device;
import io.kanerva.tools.Failure;
import io.kanerva.tools.OutputFile;
import io.kanerva.tools.bundle.BundleWriter;
import io.kanerva.tools.command.LearningDevice;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.run.Interruption;
import io.kanerva.tools.run.RunPath;
import io.kanerva.tools.run.SeedSummary;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.evaluate.BoundReport;
import io.kanerva.trainer.evaluate.TestEpisodes;
import io.kanerva.trainer.train.Checkpoint;
import io.kanerva.trainer.train.PlanEdit;
import io.kanerva.trainer.train.TrainingPlan;
import io.kanerva.trainer.train.TrainingRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
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
                        + "continues it, and ends with exactly the weights of an uninterrupted run.",
        footer = {
            "  kpp train --preset mnist --data ~/data --run runs/mnist",
            "  kpp train --resume --data ~/data --run runs/mnist",
            "  kpp train --preset mnist --run runs/watched --set validation.images=2000 \\",
            "      --set validation.patience=10 --set averageDecay=0.999",
            "  kpp train --preset mnist --run runs/three --seeds 1,2,3",
            "  kpp train --images photos/ --run runs/photos",
            "  kpp train --images photos/ --run runs/slow --config runs/photos/plan.json --set learningRate=1e-4",
            "  kpp train --resume --steps 20000 --data photos/ --run runs/photos"
        })
public final class TrainCommand extends Subcommand {
    @Mixin
    private PlanOptions planned;

    @Mixin
    private TrainingImages source;

    @Option(
            names = {"-r", "--run"},
            paramLabel = "DIR",
            required = true,
            order = 3,
            description = "Folder of the run.")
    private Path folder;

    @Option(
            names = "--resume",
            order = 4,
            description = "Continue the run in that folder; with --steps, to another number of steps.")
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

    @Option(names = "--dry-run", order = 11, description = "Print the values of the plan and train nothing.")
    private boolean dryRun;

    @Option(
            names = "--estimate",
            order = 11,
            description = "Train a few steps, print how long the run would take and how much memory, and keep nothing.")
    private boolean estimate;

    @Option(
            names = "--find-rate",
            order = 11,
            description = "Train " + RateProbe.STEPS + " steps with a rate that rises to 1, print the rate that they "
                    + "propose for --set learningRate=…, and keep nothing.")
    private boolean findRate;

    @Mixin
    private LearningDevice device;

    @Option(
            names = "--precision",
            paramLabel = "TYPE",
            defaultValue = "float32",
            order = 901,
            description = "float32. bfloat16 and float16 are refused, as DJL has no automatic mixed precision.")
    private String precision;

    @Override
    protected void run() throws IOException {
        requireConsistentOptions();
        if (!resume) {
            source.fit(this, planned, device);
        }
        if (dryRun) {
            PlanEdit.values(resume ? planOf(folder) : possible(planned::plan)).forEach(value -> out().println(value));
            return;
        }
        planned.note().ifPresent(terminal()::line);
        if (estimate || findRate) {
            TrainingPlan plan = possible(planned::plan);
            RateProbe probe = new RateProbe(this, plan, source.train(this, plan), device.chooseAll(), planned.from());
            if (estimate) {
                probe.estimate();
            } else {
                probe.find();
            }
            return;
        }
        OutputFile.requirePlaceForFolder(folder);
        try (Interruption interruption = new Interruption(terminal())) {
            if (seeds == null) {
                TrainingPlan plan = resume ? planOf(folder) : possible(planned::plan);
                Images images = source.train(this, plan);
                List<Device> devices = device.chooseAll();
                if (resume && planned.steps().isPresent()) {
                    plan = extended(plan, planned.steps().get());
                }
                SingleTraining training = new SingleTraining(this, images, devices, planned.from(), interruption);
                if (training.train(plan, folder, resume)) {
                    hints(training.hasBest());
                } else {
                    resumeHint("");
                }
            } else {
                trainSeeds(interruption);
            }
            out().flush();
        }
    }

    private void requireConsistentOptions() {
        source.requireOnePlace(this);
        if (!precision.equals("float32")) {
            throw usage("--precision: expected float32, found '%s': DJL has no automatic mixed precision"
                    .formatted(precision));
        }
        if (resume && planned.hasPreset()) {
            throw usage("Expected either --preset or --resume, found both");
        }
        if (resume && (planned.hasChanges() || planned.steps().isPresent() && seeds != null)) {
            throw usage("Expected --resume without --episode-length, --set, --config, --from, --seed, and without "
                    + "--steps of several --seeds, which the run's plan fixes");
        }
        if (!resume && !possible(planned::hasStart) && !source.areOwn()) {
            throw usage("Expected --preset NAME, --config FILE, --from RUN, --images PLACE or --resume, found none of "
                    + "them");
        }
        if (planned.hasSeed() && seeds != null) {
            throw usage("Expected --seed or --seeds, found both");
        }
        if (seeds != null && seeds.stream().distinct().count() < seeds.size()) {
            throw usage("Expected distinct --seeds, found " + seeds);
        }
        if ((estimate || findRate) && (resume || seeds != null || estimate && findRate)) {
            throw usage("Expected --estimate or --find-rate alone for a new run, found it with --resume, --seeds or "
                    + "the other");
        }
    }

    private TrainingPlan extended(TrainingPlan plan, int steps) {
        try {
            possible(() -> {
                TrainingRun.setSteps(folder, steps);
                return plan;
            });
        } catch (IllegalStateException e) {
            throw new Failure(e.getMessage(), e);
        }
        return planOf(folder);
    }

    private void hints(boolean hasBest) {
        Path run = hasBest ? folder.resolve(TrainingRun.BEST) : folder;
        print("evaluate   kpp evaluate%s --run %s", source.option(), quoted(run.toString()));
        print(
                "export     kpp export%s --run %s --out %s",
                source.option(),
                quoted(run.toString()),
                quoted(folder.resolve("bundle").toString()));
    }

    private void resumeHint(String more) {
        print("resume     kpp train --resume%s%s --run %s", source.option(), more, quoted(folder.toString()));
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
        Images images = source.train(this, first);
        // Loads the test images before the training, so that missing ones are reported at once.
        TestEpisodes episodes = source.test(this, first);
        List<Device> devices = device.chooseAll();
        SingleTraining training = new SingleTraining(this, images, devices, planned.from(), interruption);
        SeedSummary summary = new SeedSummary(BundleWriter.setting(episodes));
        for (long one : seeds) {
            Path place = placeOf(one);
            boolean resumes = resume && Files.exists(place.resolve(TrainingRun.CHECKPOINT));
            OutputFile.requirePlaceForFolder(place);
            if (interruption.asked()
                    || !training.train(resumes ? planOf(place) : first.withSeed(one), place, resumes)) {
                resumeHint(" --seeds " + seeds.stream().map(String::valueOf).collect(Collectors.joining(",")));
                return;
            }
            Checkpoint checkpoint = TrainingImages.best(place);
            BoundReport report = TrainingImages.score(checkpoint, episodes, devices.get(0), terminal());
            summary.add(one, checkpoint.step(), checkpoint.seconds(), report);
        }
        summary.write(folder);
        summary.lines().forEach(line -> out().println(line));
        print("summary    %s", folder.resolve(SeedSummary.FILE));
    }

    private Path placeOf(long one) {
        return folder.resolve("seed-" + one);
    }

    private TrainingPlan planOf(Path place) {
        return RunPath.checkpoint(place).plan();
    }
}
