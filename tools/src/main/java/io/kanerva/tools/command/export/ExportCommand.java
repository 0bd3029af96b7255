package io.kanerva.tools.command.export;

import io.kanerva.bundle.BundleExportException;
import io.kanerva.bundle.BundleExporter;
import io.kanerva.bundle.BundleOptions;
import io.kanerva.bundle.ReaderKind;
import io.kanerva.bundle.SampleImages;
import io.kanerva.bundle.TrainingDetails;
import io.kanerva.conformance.bundle.PhiloxNoise;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.tools.Failure;
import io.kanerva.tools.OutputFile;
import io.kanerva.tools.bundle.BundleWriter;
import io.kanerva.tools.command.DataOptions;
import io.kanerva.tools.command.EpisodeOptions;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.run.CommandRecord;
import io.kanerva.tools.run.RunPath;
import io.kanerva.tools.terminal.Progress;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.DataSource;
import io.kanerva.trainer.evaluate.BoundReport;
import io.kanerva.trainer.evaluate.CleanBound;
import io.kanerva.trainer.evaluate.TestEpisodes;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.train.Checkpoint;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code kpp export}: exports a training run as a bundle. */
@Command(
        name = "export",
        header = "Export a training run as a bundle of four ONNX graphs.",
        description = "Measures the bound on the test set first, for the model card.",
        footer = {
            "  kpp export --run runs/mnist --data ~/data --out mnist-bundle",
            "  kpp export --run runs/mnist --data ~/data --out mnist-matmul --reader matmul"
        })
public final class ExportCommand extends Subcommand {
    @Option(
            names = {"-r", "--run"},
            paramLabel = "DIR|FILE",
            required = true,
            order = 1,
            description = "Folder of the training run (its last checkpoint), or a checkpoint.")
    private Path folder;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "DIR",
            required = true,
            order = 2,
            description = "Folder of the bundle.")
    private Path out;

    @Mixin
    private DataOptions data;

    @Option(names = "--name", paramLabel = "NAME", order = 4, description = "Name of the model. Default: the data set.")
    private String name;

    @Option(
            names = "--reader",
            paramLabel = "KIND",
            defaultValue = "gridsample",
            order = 5,
            description =
                    "How the reader graph cuts out blocks: gridsample, or matmul for runtimes without GridSample. "
                            + "Default: ${DEFAULT-VALUE}.")
    private ReaderKind reader;

    @Option(names = "--replace", order = 6, description = "Replace an existing bundle.")
    private boolean replace;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            order = 7,
            description =
                    "Seed of the episodes and the noise with which the bound is measured. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--show",
            paramLabel = "IMAGES",
            defaultValue = "test",
            order = 8,
            description = "Images on the card and in the test vectors: test, or drawn if the data set may not be "
                    + "redistributed. Default: ${DEFAULT-VALUE}.")
    private Shown shown;

    /** The images in a bundle. */
    enum Shown {
        /** Images of the test set. */
        TEST,
        /** Discs drawn by the exporter. */
        DRAWN
    }

    @Override
    protected void run() {
        Checkpoint checkpoint = RunPath.checkpoint(folder);
        OutputFile.requireWritableFolder(out.toAbsolutePath().getParent());
        try {
            BundleExporter.requireMemory(checkpoint.plan().settings());
        } catch (BundleExportException e) {
            throw new Failure(e.getMessage(), e);
        }
        BundleOptions options = BundleOptions.named(
                        name == null ? checkpoint.plan().data() : name)
                .withReader(reader)
                .withCheck(JavaRuntime.runner());
        DataSource source = DataSource.named(checkpoint.plan().data());
        Binarisation binarisation = source.testBinarisation(
                checkpoint.plan().settings().likelihood().isBinary());
        TestEpisodes episodes = new TestEpisodes(
                data.test(source, binarisation, EpisodeOptions.shape(checkpoint.plan())),
                binarisation,
                checkpoint.plan().episodeLength(),
                seed);
        CommandRecord started = CommandRecord.read(RunPath.folder(folder));
        TrainingDetails provenance = TrainingDetails.of(checkpoint.plan(), checkpoint.step(), checkpoint.seconds())
                .withSource(started.commit(), started.command());
        try (KanervaModel model = checkpoint.model(ai.djl.Device.cpu())) {
            BoundReport report;
            try (Progress progress = Progress.start(terminal(), "Scoring", episodes.count(), "episodes")) {
                report = CleanBound.evaluate(model, episodes, new PhiloxNoise(seed), 0, progress::at);
            }
            terminal().status("Exporting  four graphs");
            BundleExporter.Export export = BundleWriter.write(
                    model,
                    provenance,
                    replace ? options.replacing() : options,
                    episodes,
                    shown(model, episodes),
                    report,
                    out);
            print("bundle     %s (%,d bytes)", export.folder(), export.bytes());
            print("bound      %s", report);
            if (!episodes.binarisation().isBinary()) {
                print("bits       %s", report.bits(episodes.images().pixelsPerImage()));
            }
            print("try it     kpp info --bundle %s", out);
        } catch (IllegalArgumentException e) {
            throw new Failure(e.getMessage(), e);
        }
    }

    private TestEpisodes shown(KanervaModel model, TestEpisodes test) {
        return shown == Shown.TEST
                ? test
                : new TestEpisodes(
                        SampleImages.discs(model.settings(), Math.max(64, test.length()), seed),
                        test.binarisation(),
                        test.length(),
                        seed);
    }
}
