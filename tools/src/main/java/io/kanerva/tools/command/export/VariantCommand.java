package io.kanerva.tools.command.export;

import io.kanerva.bundle.BundleExportException;
import io.kanerva.bundle.BundleVariant;
import io.kanerva.bundle.VariantCost;
import io.kanerva.conformance.bundle.BundleBound;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.onnx.WeightType;
import io.kanerva.runtime.BoundTerms;
import io.kanerva.runtime.Device;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Options;
import io.kanerva.runtime.PreparedRecall;
import io.kanerva.tools.Failure;
import io.kanerva.tools.OutputFile;
import io.kanerva.tools.bundle.BundleWriter;
import io.kanerva.tools.command.EpisodeOptions;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.image.Pictures;
import io.kanerva.tools.terminal.Progress;
import io.kanerva.trainer.evaluate.TestEpisodes;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code kpp variant}: a bundle with weights of fewer bits, and the measured cost. */
@Command(
        name = "variant",
        header = "Make a bundle with 16-bit or 8-bit weights from a bundle, and measure the cost.",
        description =
                "Scores both bundles on the same test episodes with the same noise, times a recall, and writes cost in "
                        + "nats, size and speed into the variant's bundle.json and model card.",
        footer = {"  kpp variant --bundle mnist-bundle --weights int8 --out mnist-int8"})
public final class VariantCommand extends Subcommand {
    private static final int WARM_RECALLS = 300;
    private static final int TIMED_RECALLS = 400;

    @Option(
            names = {"-b", "--bundle"},
            paramLabel = "DIR",
            required = true,
            order = 1,
            description = "Folder of the bundle.")
    private Path folder;

    @Option(names = "--weights", paramLabel = "TYPE", required = true, order = 2, description = "fp16, int8 or fp32.")
    private WeightType weights;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "DIR",
            required = true,
            order = 3,
            description = "Folder of the variant.")
    private Path out;

    @Mixin
    private EpisodeOptions options;

    @Option(names = "--replace", order = 6, description = "Replace an existing bundle.")
    private boolean replace;

    @Override
    protected void run() {
        OutputFile.requireWritableFolder(out.toAbsolutePath().getParent());
        try {
            BundleVariant variant = BundleVariant.of(folder, weights, JavaRuntime.runner());
            long sourceBytes = BundleVariant.of(folder, WeightType.FLOAT32, JavaRuntime.runner())
                    .graphBytes();
            try (Kanerva source = Kanerva.load(folder, Device.CPU);
                    Kanerva made = Kanerva.load(variant.files(), Options.on(Device.CPU))) {
                TestEpisodes episodes = options.episodes(source);
                double[] before = score(source, episodes, "Scoring the source");
                double[] after = score(made, episodes, "Scoring the variant");
                double[] times = times(source, made, episodes);
                VariantCost cost = new VariantCost(
                        mean(before),
                        mean(after),
                        standardError(before, after),
                        before.length,
                        BundleWriter.setting(episodes),
                        sourceBytes,
                        variant.graphBytes(),
                        times[0],
                        times[1],
                        "one thread of %s, Java %s"
                                .formatted(
                                        System.getProperty("os.arch"),
                                        Runtime.version().feature()));
                variant.write(cost, out, replace);
                print("variant    %s (%s)", out, variant.name());
                print("bound      %.4f nats per image, source %.4f", cost.nats(), cost.sourceNats());
                print(
                        "cost       %+.4f nats per image%s%s",
                        cost.difference(),
                        plusMinus(", ± %.4f", cost.standardError()),
                        cost.isHigh() ? ": more than 0.1, as stated on its card" : "");
                print("size       %,d bytes in four graphs, source %,d", cost.bytes(), cost.sourceBytes());
                print(
                        "recall     %.0f us per query, source %.0f us (medians, measured alternately)",
                        cost.microseconds(), cost.sourceMicroseconds());
            }
        } catch (BundleExportException e) {
            throw new Failure(e.getMessage(), e);
        }
    }

    private double[] score(Kanerva kanerva, TestEpisodes episodes, String what) {
        try (Progress progress = Progress.start(terminal(), what, episodes.count(), "episodes")) {
            return BundleBound.score(kanerva, episodes, options.seed(), progress::at).stream()
                    .mapToDouble(BoundTerms::meanNegativeBound)
                    .toArray();
        }
    }

    /** Median microseconds of a recall of one query by each of two models, measured alternately. */
    private static double[] times(Kanerva one, Kanerva other, TestEpisodes episodes) {
        Pictures episode = Pictures.of(episodes, 0);
        FloatBuffer query = FloatBuffer.wrap(episode.values());
        FloatBuffer recalled = FloatBuffer.allocate(episode.size());
        long[][] times = new long[2][TIMED_RECALLS];
        try (PreparedRecall first = one.prepareRecall(one.write(episode.tensor()), 1);
                PreparedRecall second = other.prepareRecall(other.write(episode.tensor()), 1)) {
            for (int i = -WARM_RECALLS; i < TIMED_RECALLS; i++) {
                long start = System.nanoTime();
                first.run(query, recalled);
                long between = System.nanoTime();
                second.run(query, recalled);
                if (i >= 0) {
                    times[0][i] = between - start;
                    times[1][i] = System.nanoTime() - between;
                }
            }
        }
        Arrays.sort(times[0]);
        Arrays.sort(times[1]);
        return new double[] {times[0][TIMED_RECALLS / 2] / 1e3, times[1][TIMED_RECALLS / 2] / 1e3};
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElseThrow();
    }

    /** Standard error of the mean difference over the episodes. */
    private static double standardError(double[] before, double[] after) {
        double difference = mean(after) - mean(before);
        double squares = 0;
        for (int i = 0; i < before.length; i++) {
            squares += Math.pow(after[i] - before[i] - difference, 2);
        }
        return Math.sqrt(squares / (before.length - 1) / before.length);
    }
}
