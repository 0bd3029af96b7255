package io.kanerva.tools.command;

import ai.djl.Device;
import io.kanerva.conformance.Agreement;
import io.kanerva.conformance.BoundAgreement;
import io.kanerva.conformance.BundleVerification;
import io.kanerva.tools.Failure;
import io.kanerva.tools.terminal.Progress;
import io.kanerva.trainer.data.DataSource;
import io.kanerva.trainer.data.ImageSet;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.evaluate.TestEpisodes;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.train.Checkpoint;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code kpp verify}: whether a bundle is whole and computes what it should. */
@Command(name = "verify", header = "Check a bundle: its files, its test vectors, and the model that it came from.",
        description = "Every file is held against its SHA-256 and every graph against the vectors in the bundle. With --run, every graph is also held against its DJL block, the "
                + "whole way from image to logits with shared noise, and the bound on the test set through both; with --against, against another bundle of the same model.",
        footer = {"  kpp verify --bundle mnist-bundle", "  kpp verify --bundle mnist-bundle --run runs/mnist --data ~/data", "  kpp verify --bundle mnist-bundle --against mnist-matmul"})
public final class Verify extends Action {
    private static final int SAMPLE_IMAGES = 256;

    @Option(names = {"-b", "--bundle"}, paramLabel = "DIR", required = true, order = 1, description = "Folder of the bundle.")
    private Path folder;

    @Option(names = {"-r", "--run"}, paramLabel = "DIR", order = 2, description = "Folder of the training run that it was exported from.")
    private Path runFolder;

    @Option(names = {"-d", "--data"}, paramLabel = "DIR", order = 3, description = "With --run: folder of data sets. Default: what was fetched, else the Fashion-MNIST images that ship.")
    private Path data;

    @Option(names = "--against", paramLabel = "DIR", order = 4, description = "Another bundle of the same model, for example with the other reader.")
    private Path other;

    @Option(names = "--episodes", paramLabel = "N", order = 5, description = "With --run: score only the first test images, so many episodes. Default: all.")
    private Integer most;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", order = 6, description = "Of episodes and noise. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Override
    protected void run() {
        if (most != null) {
            requirePositive("--episodes", most);
        }
        if (runFolder == null && (data != null || most != null)) {
            throw usage("Expected --data and --episodes together with --run");
        }
        try (BundleVerification verification = new BundleVerification(folder)) {
            List<String> problems = verification.changedFiles();
            if (!problems.isEmpty()) {
                throw new Failure(problems.get(0) + (problems.size() > 1 ? " (and %d more like this)".formatted(problems.size() - 1) : ""));
            }
            print("files      all %d have the SHA-256 that bundle.json states%n", verification.bundle().files().size());
            Agreement agreement = verification.vectors();
            if (agreement.rows().isEmpty()) {
                throw new Failure("%s: expected test vectors in the bundle, found none".formatted(folder));
            }
            agreement = agreement.and(verification.fusedGraphs());
            if (runFolder != null) {
                agreement = agreement.and(againstRun(verification));
            }
            if (other != null) {
                try (BundleVerification second = new BundleVerification(other)) {
                    agreement = agreement.and(verification.againstBundle(second, verification.bundle().reader() + " / " + second.bundle().reader()));
                }
            }
            out().print(agreement.toText());
            requireAgreement(agreement);
        } catch (UncheckedIOException | IllegalArgumentException e) {
            throw new Failure(e.getMessage(), e);
        }
    }

    private Agreement againstRun(BundleVerification verification) {
        Checkpoint checkpoint = RunPath.checkpoint(runFolder);
        DataSource source = DataSource.named(checkpoint.plan().data());
        Images images = source.test(DataHome.of(data, source));
        int length = checkpoint.plan().episodeLength();
        TestEpisodes episodes = new TestEpisodes(most == null || most >= images.count() / length ? images : images.slice(0, most * length), source.testBinarisation(), length, seed);
        try (KanervaModel model = checkpoint.model(Device.cpu())) {
            BoundAgreement bound;
            try (Progress progress = Progress.start(terminal(), "Scoring", episodes.count(), "episodes through both paths")) {
                bound = BoundAgreement.compare(model, verification.kanerva(), episodes, seed, progress::at);
            }
            out().println(bound.toText());
            if (!bound.holds()) {
                throw new Failure("%s: expected the bound of the run %s, found one that differs by %.2e nats".formatted(folder, runFolder, bound.difference()));
            }
            ImageSet sample = images.slice(0, Math.min(SAMPLE_IMAGES, images.count()));
            return verification.againstModel(model, sample).and(verification.pipeline(model, sample, seed));
        }
    }

    /** Fails with the first output that does not keep its budget. */
    static void requireAgreement(Agreement agreement) {
        List<Agreement.Row> failures = agreement.failures();
        if (!failures.isEmpty()) {
            throw new Failure(failures.get(0).describe() + (failures.size() > 1 ? " (and %d more comparisons)".formatted(failures.size() - 1) : ""));
        }
    }
}
