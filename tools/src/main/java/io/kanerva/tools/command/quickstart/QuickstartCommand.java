package io.kanerva.tools.command.quickstart;

import ai.djl.Device;
import io.kanerva.bundle.BundleExporter;
import io.kanerva.bundle.BundleOptions;
import io.kanerva.bundle.TrainingDetails;
import io.kanerva.conformance.bundle.BundleBound;
import io.kanerva.conformance.bundle.BundleBudget;
import io.kanerva.conformance.bundle.BundleCases;
import io.kanerva.conformance.bundle.DjlRuntime;
import io.kanerva.conformance.bundle.ModelCases;
import io.kanerva.conformance.bundle.PhiloxNoise;
import io.kanerva.conformance.check.Finding;
import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.check.Verification;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.TemporaryFolder;
import io.kanerva.runtime.Kanerva;
import io.kanerva.tools.Failure;
import io.kanerva.tools.OutputFile;
import io.kanerva.tools.Version;
import io.kanerva.tools.bundle.BundleWriter;
import io.kanerva.tools.command.Positive;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.report.QuickstartReport;
import io.kanerva.tools.run.CommandRecord;
import io.kanerva.tools.run.Interruption;
import io.kanerva.tools.run.PictureCheck;
import io.kanerva.tools.run.TrainingProgress;
import io.kanerva.tools.terminal.Progress;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.DataSource;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.data.OwnImages;
import io.kanerva.trainer.evaluate.BoundReport;
import io.kanerva.trainer.evaluate.CleanBound;
import io.kanerva.trainer.evaluate.TestEpisodes;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.train.FittedPlan;
import io.kanerva.trainer.train.Preset;
import io.kanerva.trainer.train.TrainingPlan;
import io.kanerva.trainer.train.TrainingRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code kpp quickstart}: the whole chain, from images to a report on the exported graphs. */
@Command(
        name = "quickstart",
        header = "Train, export, run and check a small model, and show the results on one page.",
        description =
                "Trains a small model on the Fashion-MNIST images that ship with kpp, or on your own images, exports "
                        + "it as ONNX graphs, writes some test images into a memory, recalls them from intact and "
                        + "damaged queries, generates images, scores the model with DJL and with the graphs alone, "
                        + "checks every graph, and writes an HTML report. Takes a few minutes on two cores.",
        footer = {
            "  kpp quickstart",
            "  kpp quickstart --steps 300 --out /tmp/quick",
            "  kpp quickstart --images photos/ --out photos-quickstart"
        })
public final class QuickstartCommand extends Subcommand {
    /** Steps on the user's images, of 256 levels or of black and white. */
    private static final int OWN_STEPS = 300;

    private static final int OWN_STEPS_BLACK_AND_WHITE = 1000;

    /**
     * What a value of 256 levels may add to the difference of two bounds, in nats: less than the last digit of the bits
     * per dimension that are reported. DJL takes the difference of two close logistics in float32, which on smooth
     * pictures costs a bound of 5,000 nats 0.1.
     */
    private static final double NATS_PER_LEVEL = 5e-5;

    private static final int SAMPLE_IMAGES = 64;
    private static final List<String> RUN_FILES = List.of(
            TrainingRun.CHECKPOINT,
            TrainingRun.METRICS,
            TrainingRun.METRICS_LINES,
            TrainingRun.PLAN,
            CommandRecord.FILE);

    @Option(
            names = {"-i", "--images"},
            paramLabel = "PLACE",
            order = 1,
            description = "Train on your own images, as 'kpp train --images' takes them.")
    private Path own;

    @Option(
            names = "--skip-unreadable",
            order = 1,
            description = "Leave out pictures that cannot be read. By default, all of them are listed and nothing is "
                    + "trained.")
    private boolean skipUnreadable;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "DIR",
            defaultValue = "kanerva-quickstart",
            order = 1,
            description =
                    "Folder of the results; those of an earlier quick start are replaced. Default: ${DEFAULT-VALUE}.")
    private Path out;

    @Option(
            names = "--steps",
            paramLabel = "N",
            converter = Positive.class,
            order = 2,
            description = "Training steps. Default: the preset's.")
    private Integer steps;

    @Option(
            names = "--episodes",
            paramLabel = "N",
            converter = Positive.class,
            order = 3,
            description = "Score only the first N episodes of test images. Default: all.")
    private int atMost = Integer.MAX_VALUE;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            order = 4,
            description = "Seed of everything random. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Override
    protected void run() throws IOException {
        long started = System.nanoTime();
        TrainingPlan plan = plan();
        Path runFolder = prepare();
        Images train = readable(DataSource.named(plan.data()).train(own, plan.augment(), plan.imageShape()));
        TestEpisodes episodes = testEpisodes(plan);
        try (TrainingRun run =
                TrainingProgress.start(plan, runFolder, train, List.of(Device.cpu()), Optional.empty(), terminal())) {
            CommandRecord.write(runFolder, commandText());
            try (Interruption interruption = new Interruption(terminal())) {
                interruption.stops(run);
                TrainingProgress.train(run, terminal(), step -> {});
            }
            if (run.stepsDone() < plan.steps()) {
                throw new Failure("stopped after %d of %d steps of training".formatted(run.stepsDone(), plan.steps()));
            }
            BoundReport djl = scoreThroughDjl(run.model(), episodes);
            Path bundle = export(run, episodes, djl);
            try (TemporaryFolder scratch = new TemporaryFolder("kpp-quickstart");
                    BundleCases cases = new BundleCases(bundle, scratch.path())) {
                Kanerva kanerva = cases.kanerva();
                terminal().status("Recalling  test images from intact and damaged queries");
                QuickstartFindings findings =
                        new QuickstartFindings(kanerva, episodes, seed, out.resolve("episode.memory"));
                BoundReport graphs = scoreThroughGraphs(kanerva, episodes);
                terminal().status("Checking   every graph against its DJL block");
                Findings agreement = new Verification(scratch.path())
                        .run(
                                "quickstart",
                                List.of(JavaRuntime.CPU),
                                new ModelCases(
                                                cases,
                                                new DjlRuntime(cases.bundle(), run.model()),
                                                episodes.images().first(SAMPLE_IMAGES))
                                        .blocks());
                QuickstartReport report = findings.report(
                        run, runFolder.resolve(TrainingRun.METRICS), episodes, djl, graphs, agreement, commandText());
                Path page = out.resolve("report.html").toAbsolutePath().normalize();
                OutputFile.write(page, report.html());
                int levels = plan.settings().likelihood().isBinary()
                        ? 0
                        : plan.settings().image().size();
                conclude(report, djl, graphs, levels, agreement, (System.nanoTime() - started) / 1e9, page);
            }
        }
    }

    private TrainingPlan plan() {
        TrainingPlan plan = (own == null ? Preset.named("quickstart").plan() : fitted()).withSeed(seed);
        return steps == null ? plan : plan.withSteps(steps);
    }

    /** The plan that fits the user's images, as narrow as the quick start's. */
    private TrainingPlan fitted() {
        OwnImages images = OwnImages.at(own);
        OwnImages.Survey survey = PictureCheck.survey(images, terminal());
        PictureCheck.require(
                images.place(), images.trainCount() + images.testCount(), survey.unreadable(), skipUnreadable);
        PictureCheck.repeated(images, survey).ifPresent(note -> terminal().line("repeated   " + note));
        FittedPlan fitted = possible(() -> FittedPlan.of(images, survey));
        fitted.reasons()
                .subList(0, fitted.reasons().size() - 1)
                .forEach(reason -> terminal().line("fitted     " + reason));
        boolean binary = fitted.plan().settings().likelihood().isBinary();
        return fitted.plan()
                .withSteps(binary ? OWN_STEPS_BLACK_AND_WHITE : OWN_STEPS)
                .with("model.encoder.width=48", "model.decoder.width=48", "episodes=" + (binary ? 2 : 1));
    }

    private Images readable(Images images) {
        return own == null ? images : PictureCheck.readable(images, skipUnreadable, terminal());
    }

    /** Deletes the files of an earlier quick start; returns the folder of the training run. */
    private Path prepare() {
        OutputFile.requireWritableFolder(out);
        Path runFolder = out.resolve("run");
        if (Files.exists(runFolder.resolve(TrainingRun.CHECKPOINT))
                && !CommandRecord.read(runFolder).command().startsWith("kpp quickstart")) {
            throw new Failure(
                    "%s: expected no run there, or one of an earlier quick start, found another".formatted(runFolder));
        }
        try {
            TrainingRun.requireIdle(runFolder);
            for (String file : RUN_FILES) {
                Files.deleteIfExists(runFolder.resolve(file));
            }
        } catch (IllegalStateException e) {
            throw new Failure(e.getMessage(), e);
        } catch (IOException e) {
            throw new Failure(
                    "%s: expected to replace the earlier run, found a file that cannot be deleted (%s)"
                            .formatted(runFolder, e.getMessage()),
                    e);
        }
        return runFolder;
    }

    private TestEpisodes testEpisodes(TrainingPlan plan) {
        DataSource source = DataSource.named(plan.data());
        Binarisation binarisation =
                source.testBinarisation(plan.settings().likelihood().isBinary());
        Images images = readable(source.test(own, binarisation, plan.imageShape()));
        int length = plan.episodeLength();
        if (images.count() < length) {
            throw new Failure("%s: expected at least one episode of %d images, found %d images"
                    .formatted(images.name(), length, images.count()));
        }
        return new TestEpisodes(
                images.slice(0, length * Math.min(atMost, images.count() / length)), binarisation, length, seed);
    }

    private BoundReport scoreThroughDjl(KanervaModel model, TestEpisodes episodes) {
        try (Progress progress = Progress.start(terminal(), "Scoring", episodes.count(), "episodes with DJL")) {
            return CleanBound.evaluate(model, episodes, new PhiloxNoise(seed), 0, progress::at);
        }
    }

    private BoundReport scoreThroughGraphs(Kanerva kanerva, TestEpisodes episodes) {
        try (Progress progress =
                Progress.start(terminal(), "Scoring", episodes.count(), "episodes with the graphs alone")) {
            return BundleBound.report(BundleBound.score(kanerva, episodes, seed, progress::at));
        }
    }

    private Path export(TrainingRun run, TestEpisodes episodes, BoundReport djl) {
        terminal().status("Exporting  ONNX graphs");
        TrainingDetails provenance = TrainingDetails.of(run.plan(), run.stepsDone(), run.seconds())
                .withSource(Version.commit(), commandText());
        BundleExporter.Export export = BundleWriter.write(
                run.model(),
                provenance,
                BundleOptions.named("quickstart")
                        .withCheck(JavaRuntime.runner())
                        .replacing(),
                episodes,
                episodes,
                djl,
                out.resolve("bundle"));
        terminal()
                .line(String.format(
                        Locale.ROOT,
                        "Exporting  ONNX graphs, %,d kB with card and test vectors",
                        export.bytes() / 1000));
        return out.resolve("bundle");
    }

    /**
     * Prints the summary; fails if DJL and the graphs differ.
     *
     * @param levels values of 256 levels in an image
     */
    private void conclude(
            QuickstartReport report,
            BoundReport djl,
            BoundReport graphs,
            int levels,
            Findings agreement,
            double seconds,
            Path page) {
        double boundDifference = Math.abs(djl.nats() - graphs.nats());
        print(
                "bound      %.4f nats per image with DJL, %.4f with the graphs alone: they differ by %.1e (%d "
                        + "test %s%s)",
                djl.nats(),
                graphs.nats(),
                boundDifference,
                djl.episodes(),
                djl.episodes() == 1 ? "episode" : "episodes",
                plusMinus(", ± %.2f", djl.standardError()));
        print(
                "graphs     maximum difference from DJL: %s",
                agreement.largestPerGraph().entrySet().stream()
                        .map(entry -> String.format(Locale.ROOT, "%s %.1e", entry.getKey(), entry.getValue()))
                        .collect(Collectors.joining(", ")));
        print(
                "recall     %s",
                report.recalls().stream()
                        .map(recall -> "%s %d of %d".formatted(recall.name(), recall.correct(), recall.found().length))
                        .collect(Collectors.joining(", ")));
        print("took       %s", Progress.duration(seconds));
        print("report     %s", page);
        double allowed = Math.max(BundleBudget.ofBound(djl.nats()), levels * NATS_PER_LEVEL);
        if (!(boundDifference <= allowed)) {
            throw new Failure(String.format(
                    Locale.ROOT,
                    "bound: expected DJL and the graphs to differ by at most %2$.0e nats, found %1$.2e",
                    boundDifference,
                    allowed));
        }
        requireNone(agreement.failures().stream().map(Finding::describe).toList(), "comparisons");
    }
}
