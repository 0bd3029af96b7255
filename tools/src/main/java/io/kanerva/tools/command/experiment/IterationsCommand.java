package io.kanerva.tools.command.experiment;

import io.kanerva.runtime.Kanerva;
import io.kanerva.tools.command.EpisodeOptions;
import io.kanerva.tools.command.ModelOptions;
import io.kanerva.tools.command.Positive;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.experiment.IterationExperiment;
import io.kanerva.tools.image.Damage;
import io.kanerva.tools.terminal.Progress;
import io.kanerva.trainer.evaluate.TestEpisodes;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code kpp experiment iterations}: iterative reading of damaged queries. */
@Command(
        name = "iterations",
        header = "Read damaged images iteratively and show the error after each iteration.",
        description =
                "The error is the mean squared difference per pixel from the intact image; iteration 0 is the damaged "
                        + "query.",
        footer = {"  kpp experiment iterations --bundle runs/mnist/bundle --episodes 50 --iterations 4"})
public final class IterationsCommand extends Subcommand {
    @Mixin
    private ModelOptions bundle;

    @Mixin
    private EpisodeOptions options;

    @Option(
            names = {"-n", "--iterations"},
            paramLabel = "N",
            converter = Positive.class,
            defaultValue = "4",
            order = 5,
            description = "Iterations per query. Default: ${DEFAULT-VALUE}.")
    private int iterations;

    @Override
    protected void run() {
        try (Kanerva kanerva = bundle.open()) {
            TestEpisodes episodes = options.episodes(kanerva);
            print(
                    "setting    %s, %s, %,d episodes of T = %d, seed %d",
                    kanerva.bundle().name(),
                    episodes.images().name(),
                    episodes.count(),
                    episodes.length(),
                    options.seed());
            print(
                    "%-24s %s   found in the first and the last",
                    "error after iteration",
                    IntStream.rangeClosed(0, iterations)
                            .mapToObj(i -> String.format(Locale.ROOT, "%8d", i))
                            .collect(Collectors.joining()));
            for (Map.Entry<String, Damage> damage :
                    IterationExperiment.damages().entrySet()) {
                IterationExperiment.Row row;
                try (Progress progress = Progress.start(terminal(), "Reading", episodes.count(), "episodes")) {
                    row = IterationExperiment.run(
                            kanerva,
                            episodes,
                            damage.getKey(),
                            damage.getValue(),
                            iterations,
                            options.seed(),
                            progress::at);
                }
                print(
                        "%-24s %s   %s",
                        row.damage(),
                        row.errors().stream()
                                .map(error -> String.format(Locale.ROOT, "%8.5f", error))
                                .collect(Collectors.joining()),
                        row.found().isEmpty()
                                ? "-"
                                : String.format(
                                        Locale.ROOT,
                                        "%.2f %% %.2f %%",
                                        100 * row.found().get(0),
                                        100 * row.found().get(iterations - 1)));
            }
        }
    }
}
