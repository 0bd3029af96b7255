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
import io.kanerva.tools.OutputFolder;
import io.kanerva.tools.bundle.BundleWriter;
import io.kanerva.tools.bundle.ServedBundle;
import io.kanerva.tools.bundle.ServingLayout;
import io.kanerva.tools.command.DataOptions;
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
import java.util.Set;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code kpp export}: exports a training run as a bundle, or a bundle in the layout of an inference server. */
@Command(
        name = "export",
        header = "Export a training run as a bundle, or a bundle for an inference server.",
        description = "Of a run, measures the bound on the test set first, for the model card. With --layout, puts a "
                + "bundle's graphs into the folders from which a server takes them; only --bundle and --out go with "
                + "it.",
        footer = {
            "  kpp export --run runs/mnist --data ~/data --out mnist-bundle",
            "  kpp export --run runs/mnist --data ~/data --out mnist-matmul --reader matmul",
            "  kpp export --bundle mnist-bundle --layout triton --out model-repository"
        })
public final class ExportCommand extends Subcommand {
    private static final Set<String> OF_A_LAYOUT = Set.of("--bundle", "--layout", "--out", "--stacktrace");

    @Spec
    private CommandSpec spec;

    @ArgGroup(multiplicity = "1")
    private Source source;

    static final class Source {
        @Option(
                names = {"-r", "--run"},
                paramLabel = "DIR|FILE",
                order = 1,
                description = "Folder of the training run (its last checkpoint), or a checkpoint.")
        private Path run;

        @Option(
                names = {"-b", "--bundle"},
                paramLabel = "DIR|NAME",
                order = 1,
                description = "Folder of a bundle, or name of one that ships, to be laid out for a server.")
        private Path bundle;
    }

    @Option(
            names = "--layout",
            paramLabel = "KIND",
            order = 2,
            description = "The server of a bundle: triton (NVIDIA Triton) or mlserver (MLServer). Each graph becomes a "
                    + "model of its name.")
    private ServingLayout layout;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "DIR",
            required = true,
            order = 2,
            description = "Folder of the bundle, or of the layout.")
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
        if (source.run != null && layout != null) {
            throw usage("Unexpected option '--layout': expected a bundle for it, found --run; export the run first");
        }
        if (source.run != null) {
            exportRun(source.run);
            return;
        }
        if (layout == null) {
            throw usage("Missing option '--layout': expected the server that the bundle is for");
        }
        for (OptionSpec option : spec.commandLine().getParseResult().matchedOptions()) {
            if (!OF_A_LAYOUT.contains(option.longestName())) {
                throw usage("Unexpected option '%s': expected only --bundle and --out with --layout"
                        .formatted(option.longestName()));
            }
        }
        OutputFolder.requireNew(out);
        ServedBundle served = ServedBundle.of(source.bundle);
        OutputFolder.write(out, layout.files(served.bundle(), served.graphs()));
        print("layout     %s (%d models for %s)", out, served.graphs().size(), layout.server());
    }

    private void exportRun(Path folder) {
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
        DataSource images = DataSource.named(checkpoint.plan().data());
        Binarisation binarisation = images.testBinarisation(
                checkpoint.plan().settings().likelihood().isBinary());
        TestEpisodes episodes = new TestEpisodes(
                data.test(images, binarisation, checkpoint.plan().imageShape()),
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
            terminal().status("Exporting  the graphs");
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
