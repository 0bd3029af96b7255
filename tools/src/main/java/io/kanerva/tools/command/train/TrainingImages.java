package io.kanerva.tools.command.train;

import io.kanerva.conformance.bundle.PhiloxNoise;
import io.kanerva.tools.Failure;
import io.kanerva.tools.command.DataOptions;
import io.kanerva.tools.command.LearningDevice;
import io.kanerva.tools.command.Positive;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.run.PictureCheck;
import io.kanerva.tools.run.RunPath;
import io.kanerva.tools.terminal.Progress;
import io.kanerva.tools.terminal.Terminal;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.DataSource;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.data.OwnImages;
import io.kanerva.trainer.evaluate.BoundReport;
import io.kanerva.trainer.evaluate.CleanBound;
import io.kanerva.trainer.evaluate.TestEpisodes;
import io.kanerva.trainer.train.Checkpoint;
import io.kanerva.trainer.train.FittedPlan;
import io.kanerva.trainer.train.ProcessMemory;
import io.kanerva.trainer.train.TrainingPlan;
import io.kanerva.trainer.train.TrainingRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The images that a subcommand trains on: a data set, or the user's own. */
final class TrainingImages {
    private static final long TEST_SEED = 1;

    @Mixin
    private DataOptions data;

    @Option(
            names = {"-i", "--images"},
            paramLabel = "PLACE",
            order = 3,
            description =
                    "Train on your own images: a folder of pictures, whose subfolders are their classes, a CSV file "
                            + "with columns path, label and split, a .npy, .npz or IDX file, or Parquet files or tar "
                            + "shards. A tenth is for testing, unless there are folders or parts train and test. "
                            + "Without --preset, the model fits itself to them.")
    private Path own;

    @Option(
            names = "--size",
            paramLabel = "HxW",
            order = 3,
            converter = Size.Converter.class,
            description =
                    "With --images and without --preset: height and width that the images are cropped and resized to, "
                            + "multiples of 4. Default: their own, at most 64.")
    private Size size;

    @Option(
            names = "--memory-floats",
            paramLabel = "N",
            order = 3,
            converter = Positive.class,
            description = "With --images and without --preset: the maximum floats of memory for an episode. Default: a "
                    + "block of eight channels (ten for black and white) of a sixteenth of the pixels for each image.")
    private Integer memoryFloats;

    /** Whether all pictures are known to be readable. */
    private boolean lookedAt;

    /** The value of {@code --size}. */
    record Size(int height, int width) {
        /** Parses the option. */
        static final class Converter implements ITypeConverter<Size> {
            @Override
            public Size convert(String text) {
                if (!text.matches("[0-9]{1,4}x[0-9]{1,4}")) {
                    throw new TypeConversionException("expected height and width such as 64x64, found '" + text + "'");
                }
                String[] sides = text.split("x");
                return new Size(Integer.parseInt(sides[0]), Integer.parseInt(sides[1]));
            }
        }
    }

    boolean areOwn() {
        return own != null;
    }

    /** Where the images are, or null. */
    Path place() {
        return own == null ? data.folder() : own;
    }

    /** The option that gives other subcommands these images, with a space before it; empty without a place. */
    String option() {
        return place() == null ? "" : " --data " + Subcommand.quoted(place().toString());
    }

    /** @throws picocli.CommandLine.ParameterException if there are two places */
    void requireOnePlace(Subcommand command) {
        if (own != null && data.folder() != null) {
            throw command.usage("Expected --images or --data, found both");
        }
    }

    /**
     * Looks at images that the user brings and fits the plan to them, unless there is another one.
     *
     * @param device on which the plan will be trained
     * @throws Failure if pictures cannot be read
     * @throws picocli.CommandLine.ParameterException if options or images do not fit
     */
    void fit(Subcommand command, PlanOptions planned, LearningDevice device) {
        if ((size != null || memoryFloats != null) && (own == null || planned.hasStart())) {
            throw command.usage("Expected --size and --memory-floats with --images, without --preset, --config and "
                    + "--from, found another: use --set model.… there");
        }
        if (own == null) {
            return;
        }
        Terminal terminal = command.terminal();
        OwnImages images = OwnImages.at(own);
        OwnImages.Survey survey = PictureCheck.survey(images, terminal);
        PictureCheck.require(
                images.place(), images.trainCount() + images.testCount(), survey.unreadable(), data.skipsUnreadable());
        lookedAt = survey.unreadable().isEmpty();
        PictureCheck.repeated(images, survey).ifPresent(note -> terminal.line("repeated   " + note));
        command.possible(() -> {
            FittedPlan sized = size == null
                    ? FittedPlan.of(images, survey)
                    : FittedPlan.of(images, survey, size.height(), size.width());
            FittedPlan fitted = memoryFloats == null ? sized : sized.withMemory(memoryFloats);
            if (!planned.hasStart()) {
                fitted.reasons().forEach(reason -> terminal.line("fitted     " + reason));
            }
            planned.fit(fitted.plan());
            TrainingPlan plan = planned.plan();
            ProcessMemory.requireRoom(plan, () -> !device.chooseAll().get(0).isGpu());
            terminal.line(String.format(
                    Locale.ROOT,
                    "memory     about %,.1f GB for the first steps",
                    ProcessMemory.ofFirstSteps(plan) / 1e9));
            return fitted;
        });
    }

    /** The training images of a plan. */
    Images train(Subcommand command, TrainingPlan plan) {
        DataSource source = DataSource.named(plan.data());
        Images images = command.possible(
                () -> source.train(DataOptions.locate(place(), source), plan.augment(), plan.imageShape()));
        return lookedAt ? images : PictureCheck.readable(images, data.skipsUnreadable(), command.terminal());
    }

    /** The test episodes of a plan, with a fixed seed. */
    TestEpisodes test(Subcommand command, TrainingPlan plan) {
        DataSource source = DataSource.named(plan.data());
        Binarisation binarisation =
                source.testBinarisation(plan.settings().likelihood().isBinary());
        return command.possible(() -> new TestEpisodes(
                PictureCheck.readable(
                        source.test(DataOptions.locate(place(), source), binarisation, plan.imageShape()),
                        data.skipsUnreadable(),
                        command.terminal()),
                binarisation,
                plan.episodeLength(),
                TEST_SEED));
    }

    /** The best checkpoint of a run if it has one, else the last. */
    static Checkpoint best(Path run) {
        Path best = run.resolve(TrainingRun.BEST);
        return RunPath.checkpoint(Files.exists(best) ? best : run);
    }

    /** The clean bound of a checkpoint on test episodes. */
    static BoundReport score(Checkpoint checkpoint, TestEpisodes episodes, ai.djl.Device device, Terminal terminal) {
        try (var model = checkpoint.model(device);
                Progress progress = Progress.start(terminal, "Scoring", episodes.count(), "episodes")) {
            return CleanBound.evaluate(model, episodes, new PhiloxNoise(TEST_SEED), 0, progress::at);
        }
    }
}
