package io.kanerva.tools.command.experiment;

import io.kanerva.runtime.Kanerva;
import io.kanerva.tools.Failure;
import io.kanerva.tools.OutputFile;
import io.kanerva.tools.command.EpisodeOptions;
import io.kanerva.tools.command.ModelOptions;
import io.kanerva.tools.command.Positive;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.experiment.InterpolationExperiment;
import io.kanerva.tools.image.Mosaic;
import io.kanerva.trainer.evaluate.TestEpisodes;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code kpp experiment interpolation}: images between two keys. */
@Command(
        name = "interpolation",
        header = "Read at keys on the line from one sample's key to another's.",
        description = "Each row of the picture leads from one sample of the first test episode to the next.",
        footer = {"  kpp experiment interpolation --bundle runs/mnist/bundle --out between.png"})
public final class InterpolationCommand extends Subcommand {
    @Mixin
    private ModelOptions bundle;

    @Mixin
    private EpisodeOptions options;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "FILE.png",
            required = true,
            order = 5,
            description = "PNG file to write.")
    private Path png;

    @Option(
            names = "--pairs",
            paramLabel = "N",
            converter = Positive.class,
            defaultValue = "8",
            order = 6,
            description = "Number of rows. Default: ${DEFAULT-VALUE}.")
    private int pairs;

    @Option(
            names = "--steps",
            paramLabel = "N",
            defaultValue = "11",
            order = 7,
            description = "Keys per row, both ends included; at least 2. Default: ${DEFAULT-VALUE}.")
    private int steps;

    @Override
    protected void run() {
        if (steps < 2) {
            throw usage("Invalid value for option '--steps': expected at least 2, found " + steps);
        }
        OutputFile.requireWritable(png);
        try (Kanerva kanerva = bundle.open()) {
            TestEpisodes episodes = options.episodes(kanerva);
            if (episodes.length() < 2) {
                throw new Failure("%s: expected episodes of at least 2 samples, found 1"
                        .formatted(kanerva.bundle().name()));
            }
            int rows = Math.min(pairs, episodes.length() - 1);
            InterpolationExperiment.Result result = InterpolationExperiment.run(kanerva, episodes, 0, rows, steps);
            OutputFile.write(png, Mosaic.bands(List.of(result.images()), steps).png(3));
            print(
                    "setting    %s, %s, %d pairs of one episode of T = %d, %d keys each, seed %d",
                    kanerva.bundle().name(), episodes.images().name(), rows, episodes.length(), steps, options.seed());
            print(
                    "distance   %s to the nearest image of the episode, step by step",
                    Arrays.stream(result.distances())
                            .mapToObj(distance -> String.format(Locale.ROOT, "%.2f", distance))
                            .collect(Collectors.joining(" ")));
            print("changes    the nearest image changes %.1f times on the way", result.changes());
            print("picture    %s", png);
        }
    }
}
