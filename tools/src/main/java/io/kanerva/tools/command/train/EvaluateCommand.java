package io.kanerva.tools.command.train;

import io.kanerva.conformance.bundle.BundleBound;
import io.kanerva.conformance.bundle.PhiloxNoise;
import io.kanerva.runtime.Kanerva;
import io.kanerva.tools.bundle.RecallAccuracy;
import io.kanerva.tools.command.EpisodeOptions;
import io.kanerva.tools.command.ModelOptions;
import io.kanerva.tools.command.Positive;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.run.RunPath;
import io.kanerva.tools.terminal.Progress;
import io.kanerva.trainer.evaluate.BoundReport;
import io.kanerva.trainer.evaluate.CleanBound;
import io.kanerva.trainer.evaluate.TestEpisodes;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.train.Checkpoint;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code kpp evaluate}: the clean bound of a run (with DJL) or of a bundle (with its graphs). */
@Command(
        name = "evaluate",
        header = "Score a model on test episodes: the clean bound, and recall by content.",
        description =
                "A run is scored with DJL, a bundle with its graphs alone; the same seed gives the same noise in both. "
                        + "The clean bound samples every latent and counts both KL divergences in full.",
        footer = {
            "  kpp evaluate --run runs/mnist --data ~/data --importance 64",
            "  kpp evaluate --bundle runs/mnist/bundle --data ~/data --recall"
        })
public final class EvaluateCommand extends Subcommand {
    private static final double[] DAMAGES = {0, 0.15, 0.3};

    @Mixin
    private ModelOptions bundle;

    @Option(
            names = {"-r", "--run"},
            paramLabel = "DIR|FILE",
            order = 0,
            description = "Folder of a training run (its last checkpoint), or a checkpoint, to score with DJL.")
    private Path folder;

    @Mixin
    private EpisodeOptions options;

    @Option(
            names = "--importance",
            paramLabel = "N",
            converter = Positive.class,
            order = 6,
            description = "With --run: also compute the importance-weighted bound with N draws per image, usually 64.")
    private int importance;

    @Option(
            names = "--recall",
            order = 7,
            description =
                    "With --bundle: also count the samples that are found by content with 0, 15 and 30 %% of their "
                            + "pixels replaced by random ones.")
    private boolean recall;

    @Override
    protected void run() {
        if (folder != null && bundle.folder() != null) {
            throw usage("Expected --run or --bundle, found both");
        }
        if (folder != null && recall) {
            throw usage("Expected --recall with a bundle, found it with --run: export the run first");
        }
        if (folder == null && importance != 0) {
            throw usage("Expected --importance with --run, found it with a bundle");
        }
        if (folder != null) {
            evaluateRun();
        } else {
            evaluateBundle();
        }
    }

    private void evaluateRun() {
        Checkpoint checkpoint = RunPath.checkpoint(folder);
        TestEpisodes episodes = options.episodes(checkpoint.plan());
        try (KanervaModel model = checkpoint.model(bundle.learningDevice());
                Progress progress = Progress.start(terminal(), "Scoring", episodes.count(), "episodes")) {
            BoundReport report =
                    CleanBound.evaluate(model, episodes, new PhiloxNoise(options.seed()), importance, progress::at);
            print(episodes, "run " + folder + ", step " + checkpoint.step() + ", with DJL", report);
            if (checkpoint.plan().settings().charged()) {
                print("memory     charged: KL(Z) includes each image's share of its divergence, KL(M) / T");
            }
        }
    }

    private void evaluateBundle() {
        try (Kanerva kanerva = bundle.open()) {
            TestEpisodes episodes = options.episodes(kanerva);
            BoundReport report;
            try (Progress progress = Progress.start(terminal(), "Scoring", episodes.count(), "episodes")) {
                report = BundleBound.report(BundleBound.score(kanerva, episodes, options.seed(), progress::at));
            }
            print(episodes, "bundle " + kanerva.bundle().name() + ", with its graphs", report);
            for (double damage : recall ? DAMAGES : new double[0]) {
                try (Progress progress = Progress.start(terminal(), "Recall", episodes.count(), "episodes")) {
                    double found = RecallAccuracy.of(kanerva, episodes, damage, options.seed(), progress::at);
                    print(
                            "found      %.2f %% of %,d queries with %.0f %% of their pixels damaged",
                            100 * found, episodes.count() * episodes.length(), 100 * damage);
                }
            }
        }
    }

    private void print(TestEpisodes episodes, String model, BoundReport report) {
        print("model      %s", model);
        print(
                "data       %s, %s binarisation, %,d images",
                episodes.images().name(), episodes.binarisation(), episodes.count() * episodes.length());
        print("bound      %s", report);
        if (!episodes.binarisation().isBinary()) {
            print("bits       %s", report.bits(episodes.images().pixelsPerImage()));
        }
    }
}
