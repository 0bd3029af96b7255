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
import io.kanerva.trainer.evaluate.ClassEpisodes;
import io.kanerva.trainer.evaluate.HeldOutBound;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.train.Checkpoint;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code kpp experiment held-out}: the bound on images that were not written. */
@Command(
        name = "held-out",
        header = "Write some images, and score them and others of the same classes.",
        description =
                "The baseline is a plain variational autoencoder of the same size without a memory: train one with the "
                        + "preset mnist-vae, omniglot-vae or cifar10-vae, and score it with this command.",
        footer = {
            "  kpp experiment held-out --run runs/mnist",
            "  kpp experiment held-out --run runs/mnist-gist --beside runs/mnist-vae"
        })
public final class HeldOutCommand extends Subcommand {
    private static final String ERROR = " +- %.3f";

    @Option(
            names = {"-r", "--run"},
            paramLabel = "DIR",
            required = true,
            order = 0,
            description = "Folder of the training run.")
    private Path folder;

    @Option(
            names = "--beside",
            paramLabel = "DIR",
            order = 1,
            description =
                    "Folder of another run on the same images, usually the baseline: also print the difference image "
                            + "by image, and the bound of an equal mixture of the two models.")
    private Path other;

    @Mixin
    private EpisodeOptions options;

    @Mixin
    private LearningDevice device;

    @Override
    protected void run() {
        Checkpoint checkpoint = RunPath.checkpoint(folder);
        DataSource source = options.source(checkpoint.plan().data());
        Binarisation binarisation = source.testBinarisation(
                checkpoint.plan().settings().likelihood().isBinary());
        Images images = options.images(source, binarisation, checkpoint.plan().imageShape());
        try (KanervaModel model = checkpoint.model(device.chooseAll().get(0))) {
            ClassEpisodes episodes = options.some(
                    new ClassEpisodes(images, binarisation, checkpoint.plan().episodeLength(), options.seed()));
            HeldOutBound.Report report;
            try (Progress progress = Progress.start(terminal(), "Scoring", episodes.count(), "episodes")) {
                report = HeldOutBound.evaluate(model, episodes, new PhiloxNoise(options.seed()), progress::at);
            }
            print(
                    "setting    run %s, step %d, %s, %s binarisation, %d episodes of T = %d, memory of %,d "
                            + "floats, seed %d",
                    folder,
                    checkpoint.step(),
                    images.name(),
                    episodes.binarisation(),
                    episodes.count(),
                    episodes.length(),
                    model.settings().memoryFloats(),
                    options.seed());
            print("written    %s", line(report.written(), images));
            print("held out   %s", line(report.heldOut(), images));
            if (other != null) {
                mixture(model, episodes);
            }
        } catch (IllegalArgumentException e) {
            throw new Failure(e.getMessage(), e);
        }
    }

    private void mixture(KanervaModel model, ClassEpisodes episodes) {
        Checkpoint second = RunPath.checkpoint(other);
        HeldOutBound.Comparison found;
        try (KanervaModel beside = second.model(device.chooseAll().get(0));
                Progress progress = Progress.start(terminal(), "Comparing", episodes.count(), "episodes")) {
            found = HeldOutBound.compare(model, beside, episodes, new PhiloxNoise(options.seed()), progress::at);
        }
        print(
                "difference to %s, step %d, on the same images: written %s, held out %s nats per image (below "
                        + "0: better)",
                other,
                second.step(),
                signed(found.difference().written()),
                signed(found.difference().heldOut()));
        print(
                "mixture    of the two in equal parts: written %.3f%s, held out %.3f%s nats per image",
                found.mixture().written().nats(),
                plusMinus(ERROR, found.mixture().written().standardError()),
                found.mixture().heldOut().nats(),
                plusMinus(ERROR, found.mixture().heldOut().standardError()));
    }

    private static String signed(BoundReport report) {
        return String.format(Locale.ROOT, "%+.3f", report.nats()) + plusMinus(ERROR, report.standardError());
    }

    private static String line(BoundReport report, Images images) {
        String nats = String.format(
                Locale.ROOT,
                "%.3f%s nats per image = reconstruction %.3f + KL(Y) %.3f + KL(Z) %.3f",
                report.nats(),
                plusMinus(ERROR, report.standardError()),
                report.reconstruction(),
                report.klKeys(),
                report.klLatent());
        return String.format(
                Locale.ROOT, "%s (%.4f bits per dimension)", nats, report.bitsPerDimension(images.pixelsPerImage()));
    }
}
