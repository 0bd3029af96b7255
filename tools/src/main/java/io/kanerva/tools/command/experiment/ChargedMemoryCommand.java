package io.kanerva.tools.command.experiment;

import io.kanerva.conformance.bundle.PhiloxNoise;
import io.kanerva.tools.Failure;
import io.kanerva.tools.command.EpisodeOptions;
import io.kanerva.tools.command.LearningDevice;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.run.RunPath;
import io.kanerva.tools.terminal.Progress;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.DataSource;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.evaluate.BoundReport;
import io.kanerva.trainer.evaluate.ChargedBound;
import io.kanerva.trainer.evaluate.TestEpisodes;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.train.Checkpoint;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code kpp experiment charged-memory}: the bound with nothing free, beside that of a model without a memory. */
@Command(
        name = "charged-memory",
        header = "Score a memory that is charged beside an autoencoder without a memory.",
        description = {
            "The memory is a latent of the episode, and its divergence is part of the bound, so that nothing is free: "
                    + "the bound is one on the probability of the whole episode. Scored are episodes of one class and "
                    + "of images of any class.",
            "As a control, each episode is also read from the memory of the next one."
        },
        footer = {
            "  kpp train --preset omniglot-charged --run runs/charged --data ~/data",
            "  kpp train --preset omniglot-charged-vae --run runs/vae --data ~/data",
            "  kpp experiment charged-memory --run runs/charged --beside runs/vae --data ~/data"
        })
public final class ChargedMemoryCommand extends Subcommand {
    @Option(
            names = {"-r", "--run"},
            paramLabel = "DIR",
            required = true,
            order = 0,
            description = "Folder of a run with the writer charged.")
    private Path folder;

    @Option(
            names = "--beside",
            paramLabel = "DIR",
            required = true,
            order = 1,
            description = "Folder of a run on the same images without a memory: the baseline.")
    private Path other;

    @Mixin
    private EpisodeOptions options;

    @Mixin
    private LearningDevice device;

    @Override
    protected void run() {
        Checkpoint first = RunPath.checkpoint(folder);
        Checkpoint second = RunPath.checkpoint(other);
        if (!second.plan().data().equals(first.plan().data())) {
            throw new Failure("%s: expected a run on the images of %s, %s, found one on %s"
                    .formatted(other, folder, first.plan().data(), second.plan().data()));
        }
        DataSource source = options.source(first.plan().data());
        Binarisation binarisation =
                source.testBinarisation(first.plan().settings().likelihood().isBinary());
        Images images = options.images(source, binarisation, first.plan().imageShape());
        int length = first.plan().episodeLength();
        try (KanervaModel model = first.model(device.chooseAll().get(0));
                KanervaModel beside = second.model(device.chooseAll().get(0))) {
            print(
                    "setting    run %s, step %d, %,d parameters, %,d charged floats",
                    folder,
                    first.step(),
                    model.parameterCount(),
                    model.settings().memoryFloats());
            print("beside     run %s, step %d, %,d parameters", other, second.step(), beside.parameterCount());
            print(
                    "images     %s, %s binarisation, T = %d, seed %d",
                    images.name(), binarisation, length, options.seed());
            score(
                    "one class",
                    model,
                    beside,
                    options.some(TestEpisodes.ofOneClass(images, binarisation, length, options.seed())));
            score(
                    "any class",
                    model,
                    beside,
                    options.some(new TestEpisodes(images, binarisation, length, options.seed())));
        } catch (IllegalArgumentException e) {
            throw new Failure(e.getMessage(), e);
        }
    }

    private void score(String kind, KanervaModel model, KanervaModel beside, TestEpisodes episodes) {
        ChargedBound.Report report;
        try (Progress progress = Progress.start(terminal(), "Scoring", episodes.count(), "episodes")) {
            report = ChargedBound.evaluate(model, beside, episodes, new PhiloxNoise(options.seed()), progress::at);
        }
        BoundReport bound = report.bound();
        print(
                "%s  %.3f%s nats per image = reconstruction %.3f + KL(Z) %.3f + KL(M) / T %.3f (%d episodes)",
                kind,
                bound.nats(),
                error(bound),
                bound.reconstruction(),
                bound.klLatent() - report.klMemory(),
                report.klMemory(),
                bound.episodes());
        print(
                "           %s%s to the other model, on the same images (below 0: better); %.3f with the next "
                        + "episode's memory",
                String.format(Locale.ROOT, "%+.3f", report.difference().nats()),
                error(report.difference()),
                report.swapped());
    }

    private static String error(BoundReport report) {
        return plusMinus(" +- %.3f", report.standardError());
    }
}
