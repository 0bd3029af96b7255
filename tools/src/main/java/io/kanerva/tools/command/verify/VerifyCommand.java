package io.kanerva.tools.command.verify;

import ai.djl.Device;
import io.kanerva.conformance.bundle.BundleBound;
import io.kanerva.conformance.bundle.BundleCases;
import io.kanerva.conformance.bundle.DjlRuntime;
import io.kanerva.conformance.bundle.KanervaRuntime;
import io.kanerva.conformance.bundle.ModelCases;
import io.kanerva.conformance.check.Finding;
import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.check.ToleranceFile;
import io.kanerva.conformance.check.Verification;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.runtime.Likelihood;
import io.kanerva.tools.Failure;
import io.kanerva.tools.command.DataOptions;
import io.kanerva.tools.command.EpisodeOptions;
import io.kanerva.tools.command.Positive;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.run.RunPath;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.DataFormatException;
import io.kanerva.trainer.data.DataSource;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.evaluate.TestEpisodes;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.train.Checkpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kpp verify}: checks bundles on every runtime that this machine has. */
@Command(
        name = "verify",
        header = "Check bundles on every runtime that this machine has, or other ONNX models.",
        description = "Checks the SHA-256 of every file and the structure of every graph, and runs the vectors of the "
                + "bundle and random inputs with every runtime, with graph optimisations off and on. Missing runtimes "
                + "are listed. With --run, also compares every graph with its DJL block, the pipeline from image to "
                + "logits with shared noise, and the bound on the test set. Exit code 1 if a comparison fails.",
        footer = {
            "  kpp verify mnist-bundle",
            "  kpp verify mnist-bundle --install --html report.html --junit report.xml",
            "  kpp verify mnist-bundle --run runs/mnist --data ~/data",
            "  kpp verify mnist-bundle --against mnist-matmul",
            "  kpp verify mnist-bundle omniglot-bundle",
            "  kpp verify model resnet.onnx --vectors resnet-vectors"
        },
        subcommands = {VerifyModelCommand.class, VerifySuiteCommand.class, VerifyRenewCommand.class})
public final class VerifyCommand extends Subcommand {
    private static final int SAMPLE_IMAGES = 256;
    private static final int MAX_IN_EPISODE = 25;

    @Spec
    private CommandSpec spec;

    @Parameters(
            arity = "0..*",
            paramLabel = "BUNDLE",
            description = "Folder of the bundle. With several, each runtime is started once for all of them.")
    private List<Path> named = List.of();

    @Option(
            names = {"-b", "--bundle"},
            paramLabel = "DIR",
            order = 1,
            description = "The same as BUNDLE.")
    private List<Path> further = List.of();

    @Option(
            names = {"-r", "--run"},
            paramLabel = "DIR|FILE",
            order = 2,
            description = "Folder of the training run that the bundle was exported from, or the checkpoint.")
    private Path runFolder;

    @Mixin
    private DataOptions data;

    @Option(
            names = "--against",
            paramLabel = "DIR",
            order = 4,
            description = "Another bundle of the same model, for example with the other reader.")
    private Path other;

    @Option(
            names = "--episodes",
            paramLabel = "N",
            converter = Positive.class,
            order = 5,
            description = "With --run: score only N episodes, drawn from the whole test set by the seed. Default: all.")
    private Integer maxEpisodes;

    @Option(
            names = "--bound",
            paramLabel = "N",
            converter = Positive.class,
            order = 8,
            description = "Also compute the bound of N test images with every runtime.")
    private Integer boundImages;

    @Mixin
    private TolerancesOption tolerances;

    @Mixin
    private RuntimeOptions runtimes;

    @Mixin
    private CheckOptions options;

    /** Rejects arguments between {@code verify} and its subcommand. */
    void requireUnused() {
        if (spec.commandLine().getParseResult().matchedArgs().stream().anyMatch(given -> !given.inherited())) {
            throw usage("Expected a subcommand directly after 'kpp verify', found other arguments before it");
        }
    }

    @Override
    protected void run() throws IOException {
        List<Path> folders = Stream.concat(named.stream(), further.stream()).toList();
        if (folders.isEmpty()) {
            throw usage("Expected a bundle, or a model or suite, found none");
        }
        if (folders.size() > 1 && (runFolder != null || other != null)) {
            throw usage("Expected one BUNDLE with --run or --against, found %d".formatted(folders.size()));
        }
        if (runFolder == null && maxEpisodes != null) {
            throw usage("Expected --episodes together with --run");
        }
        if (runFolder == null && boundImages == null && data.folder() != null) {
            throw usage("Expected --data together with --run or --bound");
        }
        List<BundleCases> bundles = new ArrayList<>();
        try (RuntimeChecks checks = new RuntimeChecks(this, runtimes, options);
                KanervaModel model =
                        runFolder == null ? null : RunPath.checkpoint(runFolder).model(Device.cpu())) {
            for (Path folder : folders) {
                BundleCases bundle = new BundleCases(folder, checks.scratch().resolve("bundle-" + bundles.size()));
                bundles.add(bundle);
                requireIntact(bundle);
            }
            check(bundles, model, checks);
        } catch (UncheckedIOException | IllegalArgumentException e) {
            throw new Failure(e.getMessage(), e);
        } finally {
            bundles.forEach(BundleCases::close);
        }
    }

    private void check(List<BundleCases> bundles, KanervaModel model, RuntimeChecks checks) throws IOException {
        BundleCases first = bundles.get(0);
        Verification verification = checks.verification();
        verification.tolerances(tolerances(bundles));
        DjlRuntime djl = new DjlRuntime(first.bundle(), model);
        List<ModelRuntime> chosen = bundles.size() == 1 ? runtimes.find(this, true, djl) : runtimes.find(this, true);
        List<ModelRuntime> clients = runtimes.clients();
        Findings findings = BundleCases.check(verification, bundles, chosen, clients, options.random(), options.seed());
        if (model != null) {
            findings = findings.and(againstRun(verification, first, djl));
        }
        if (other != null) {
            try (BundleCases second = new BundleCases(other, checks.scratch().resolve("other"))) {
                findings = findings.and(
                        verification.run(findings.subject(), List.of(JavaRuntime.CPU), first.otherBundle(second)));
            }
        }
        if (boundImages != null) {
            for (BundleCases bundle : bundles) {
                findings = findings.and(bound(verification, bundle, chosen, findings.subject(), bundles.size() == 1));
            }
        }
        chosen = Stream.concat(chosen.stream(), clients.stream()).toList();
        checks.conclude(
                findings, chosen, bundles.stream().map(BundleCases::bundle).toList(), other);
    }

    private ToleranceFile tolerances(List<BundleCases> bundles) {
        Map<String, Path> graphs = new LinkedHashMap<>();
        for (BundleCases bundle : bundles) {
            String prefix = bundles.size() == 1 ? "" : bundle.bundle().name() + "/";
            bundle.bundle()
                    .graphs()
                    .forEach((graph, description) ->
                            graphs.put(prefix + graph, bundle.folder().resolve(description.file())));
        }
        Set<String> known = new TreeSet<>(runtimes.known());
        known.addAll(List.of(KanervaRuntime.NAME, DjlRuntime.NAME));
        return tolerances.read(this, graphs, known);
    }

    /** Fails if a file of the bundle was changed, or it has no vectors. */
    private void requireIntact(BundleCases bundle) throws IOException {
        requireNone(bundle.changedFiles(), "like this");
        print(
                "files      %s: all %d have the SHA-256 that bundle.json states",
                bundle.folder(), bundle.bundle().files().size());
        if (bundle.vectors().isEmpty()) {
            throw new Failure("%s: expected test vectors in the bundle, found none".formatted(bundle.folder()));
        }
    }

    private Findings againstRun(Verification verification, BundleCases bundle, DjlRuntime djl) throws IOException {
        Checkpoint checkpoint = RunPath.checkpoint(runFolder);
        DataSource source = DataSource.named(checkpoint.plan().data());
        Binarisation binarisation = source.testBinarisation(
                checkpoint.plan().settings().likelihood().isBinary());
        Images images = data.test(source, binarisation, checkpoint.plan().imageShape());
        TestEpisodes all =
                new TestEpisodes(images, binarisation, checkpoint.plan().episodeLength(), options.seed());
        TestEpisodes episodes = maxEpisodes == null ? all : all.first(maxEpisodes);
        Findings bound = new BundleBound(bundle, episodes, options.seed())
                .run(verification, djl, List.of(new KanervaRuntime(List.of(bundle))));
        // A bundle of another run differs everywhere; this sentence says why.
        List<String> faults = bound.failures().stream()
                .map(Finding::comparison)
                .filter(comparison -> comparison.output().equals("nats"))
                .map(comparison -> String.format(
                        Locale.ROOT,
                        "%s: expected the bound of the run %s, found one that differs by %.2e nats",
                        bundle.folder(),
                        runFolder,
                        Math.abs(comparison.found() - comparison.expected())))
                .toList();
        return Findings.of(bound.subject(), faults, List.of())
                .and(new ModelCases(bundle, djl, images.first(SAMPLE_IMAGES)).check(verification, options.seed()))
                .and(bound);
    }

    /** Scores test images. Missing images are a failure for a single bundle, otherwise a note in the report. */
    private Findings bound(
            Verification verification, BundleCases bundle, List<ModelRuntime> runtimes, String subject, boolean only)
            throws IOException {
        try {
            DataSource source = source(bundle);
            // One folder need not hold the images of all bundles.
            boolean held = only || data.folder() != null && source.isIn(data.folder());
            Binarisation binarisation =
                    source.testBinarisation(bundle.bundle().settings().likelihood() == Likelihood.BERNOULLI);
            Images test = source.test(
                    DataOptions.locate(held ? data.folder() : null, source),
                    binarisation,
                    EpisodeOptions.shape(bundle.bundle().settings()));
            int images = Math.min(boundImages, test.count());
            int length = Math.min(MAX_IN_EPISODE, bundle.trainedSamples());
            while (images % length != 0) {
                length--;
            }
            TestEpisodes episodes = new TestEpisodes(test.first(images), binarisation, length, options.seed());
            return new BundleBound(bundle, episodes, options.seed())
                    .run(verification, new KanervaRuntime(List.of(bundle)), runtimes);
        } catch (Failure | DataFormatException e) {
            if (only) {
                throw e;
            }
            return Findings.of(
                    subject,
                    List.of(),
                    List.of("%s: no test images are scored: %s"
                            .formatted(bundle.bundle().name(), e.getMessage())));
        }
    }

    /** The data set that a bundle was trained on. */
    private static DataSource source(BundleCases bundle) {
        String trainedOn = bundle.bundle().provenance().data();
        return Stream.of(DataSource.values())
                .filter(known -> trainedOn.contains(known.id()))
                .max(Comparator.comparingInt(known -> known.id().length())) // "fashion-mnist" contains "mnist"
                .orElseThrow(() -> new Failure(
                        "%s: expected a known data set for --bound, found '%s'".formatted(bundle.folder(), trainedOn)));
    }
}
