package io.kanerva.tools.command.verify;

import ai.djl.Device;
import io.kanerva.conformance.bundle.BundleCases;
import io.kanerva.conformance.bundle.DjlRuntime;
import io.kanerva.tools.Failure;
import io.kanerva.tools.command.DataOptions;
import io.kanerva.tools.command.Positive;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.run.RunPath;
import io.kanerva.trainer.data.DataSource;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.evaluate.TestEpisodes;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.train.Checkpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kpp verify}: whether a bundle is whole and computes what it should, on every runtime that the machine has. */
@Command(
        name = "verify",
        header = "Check a bundle, or any ONNX model, on every runtime that this machine has.",
        description =
                "A bundle: every file is held against its SHA-256, every graph against the vectors in the bundle, and its vectors and fresh random inputs go through every "
                        + "runtime that is there, with graph optimisations off and on; runtimes that are not there are named. With --run, every graph is also held against its DJL "
                        + "block, the whole way from image to logits with shared noise, and the bound on the test set through both; with --against, against another bundle of the same "
                        + "model. With --model or --suite, any ONNX models with vectors in the ONNX project's test layout. Exit code 1 if anything is not as it should be.",
        footer = {
            "  kpp verify mnist-bundle",
            "  kpp verify mnist-bundle omniglot-bundle",
            "  kpp verify mnist-bundle --install --html report.html --junit report.xml",
            "  kpp verify mnist-bundle --run runs/mnist --data ~/data",
            "  kpp verify mnist-bundle --against mnist-matmul",
            "  kpp verify --model resnet.onnx --vectors resnet-vectors",
            "  kpp verify --suite onnx/backend/test/data/node"
        })
public final class VerifyCommand extends Subcommand {
    private static final int SAMPLE_IMAGES = 256;

    @Parameters(
            arity = "0..*",
            paramLabel = "BUNDLE",
            description = "Folder of the bundle; of several, each runtime is started once for all of them.")
    private List<Path> named = List.of();

    @Option(
            names = {"-b", "--bundle"},
            paramLabel = "DIR",
            order = 1,
            description = "The same as BUNDLE.")
    private Path option;

    @Option(
            names = {"-r", "--run"},
            paramLabel = "DIR|FILE",
            order = 2,
            description = "Folder of the training run that it was exported from, or the checkpoint.")
    private Path runFolder;

    @Option(
            names = {"-d", "--data"},
            paramLabel = "DIR",
            order = 3,
            description =
                    "With --run or --bound: folder of data sets. Default: what was fetched, else the Fashion-MNIST images that ship.")
    private Path data;

    @Option(
            names = "--against",
            paramLabel = "DIR|FILE",
            order = 4,
            description =
                    "Another bundle of the same model, for example with the other reader. With --model and --bisect: the model that is right.")
    private Path other;

    @Option(
            names = "--episodes",
            paramLabel = "N",
            converter = Positive.class,
            order = 5,
            description =
                    "With --run: score only so many episodes, drawn by the seed from the whole test set. Default: all.")
    private Integer most;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            order = 6,
            description = "Of episodes, noise and random inputs. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--random",
            paramLabel = "N",
            defaultValue = "2",
            order = 7,
            description = "Random cases for each graph. Default: ${DEFAULT-VALUE}.")
    private int random;

    @Option(
            names = "--bound",
            paramLabel = "N",
            converter = Positive.class,
            order = 8,
            description = "Also score so many test images through each runtime's graphs.")
    private Integer boundImages;

    @Option(
            names = "--bisect",
            order = 9,
            description =
                    "Where a graph fails, name the first node whose value differs from ONNX Runtime's in Java; with --against, from the other bundle's or model's.")
    private boolean bisect;

    @ArgGroup(exclusive = false)
    private final ModelChecks models = new ModelChecks();

    @Mixin
    private final RuntimeOptions runtimes = new RuntimeOptions();

    @Mixin
    private final ReportOptions reports = new ReportOptions();

    @Override
    protected void run() throws IOException {
        if (!named.isEmpty() && option != null) {
            throw usage("Expected BUNDLE or --bundle, found both");
        }
        Path folder = !named.isEmpty() ? named.get(0) : option;
        if (named.size() > 1 && (runFolder != null || other != null || bisect)) {
            throw usage("Expected one BUNDLE with --run, --against or --bisect, found %d".formatted(named.size()));
        }
        if ((folder == null) == !models.given()) {
            throw usage(
                    folder == null
                            ? "Expected a bundle, --model with --vectors, or --suite, found none"
                            : "Expected a bundle or --model or --suite, found both");
        }
        if (random < 0) {
            throw usage("Invalid value for option '--random': expected at least 0, found " + random);
        }
        if (runFolder == null && most != null) {
            throw usage("Expected --episodes together with --run");
        }
        if (runFolder == null && boundImages == null && data != null) {
            throw usage("Expected --data together with --run or --bound");
        }
        if (folder == null && (runFolder != null || boundImages != null)) {
            throw usage("Expected --run and --bound together with a bundle");
        }
        if (folder == null && other != null && (!bisect || models.isSuite())) {
            throw usage("Expected --against together with a bundle, or with --model and --bisect");
        }
        models.check(this, folder != null);
        if (models.isSuite() && (reports.any() || bisect)) {
            throw usage(
                    "Expected --suite without --details, --html, --junit, --json and --bisect; --suite-failures writes what did not pass");
        }
        reports.check();
        try (RuntimeChecks checks = new RuntimeChecks(this, runtimes, reports, bisect)) {
            if (folder == null) {
                models.run(this, checks, other, random, seed);
            } else {
                bundles(named.isEmpty() ? List.of(option) : named, checks);
            }
        }
    }

    private void bundles(List<Path> folders, RuntimeChecks checks) throws IOException {
        List<BundleCases> open = new ArrayList<>();
        try (KanervaModel model =
                runFolder == null ? null : RunPath.checkpoint(runFolder).model(Device.cpu())) {
            for (Path folder : folders) {
                BundleCases bundle = new BundleCases(folder, checks.scratch().resolve("bundle-" + open.size()));
                open.add(bundle);
                requireWhole(bundle);
            }
            DjlRuntime djl = open.size() == 1 ? new DjlRuntime(open.get(0).bundle(), model) : null;
            checks.bundles(open, djl, random, seed);
            if (model != null) {
                againstRun(checks, open.get(0), djl);
            }
            if (other != null) {
                try (BundleCases second =
                        new BundleCases(other, checks.scratch().resolve("other"))) {
                    checks.otherBundle(open.get(0), second);
                }
            }
            if (boundImages != null) {
                checks.bounds(open, boundImages, seed, data, open.size() == 1);
            }
            checks.report(open, other);
            checks.requireAll();
        } catch (UncheckedIOException | IllegalArgumentException e) {
            throw new Failure(e.getMessage(), e);
        } finally {
            open.forEach(BundleCases::close);
        }
    }

    /** Fails if a file of the bundle was changed, or it has no vectors. */
    private void requireWhole(BundleCases bundle) throws IOException {
        List<String> problems = bundle.changedFiles();
        if (!problems.isEmpty()) {
            throw new Failure(problems.get(0)
                    + (problems.size() > 1 ? " (and %d more like this)".formatted(problems.size() - 1) : ""));
        }
        print(
                "files      %s: all %d have the SHA-256 that bundle.json states",
                bundle.folder(), bundle.bundle().files().size());
        if (bundle.vectors().isEmpty()) {
            throw new Failure("%s: expected test vectors in the bundle, found none".formatted(bundle.folder()));
        }
    }

    private void againstRun(RuntimeChecks checks, BundleCases bundle, DjlRuntime djl) throws IOException {
        Checkpoint checkpoint = RunPath.checkpoint(runFolder);
        DataSource source = DataSource.named(checkpoint.plan().data());
        Images images = source.test(DataOptions.home(data, source));
        TestEpisodes all = new TestEpisodes(
                images, source.testBinarisation(), checkpoint.plan().episodeLength(), seed);
        checks.model(bundle, djl, images.first(SAMPLE_IMAGES), most == null ? all : all.first(most), seed);
    }
}
