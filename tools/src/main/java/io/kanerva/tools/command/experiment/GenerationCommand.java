package io.kanerva.tools.command.experiment;

import io.kanerva.runtime.Kanerva;
import io.kanerva.tools.Failure;
import io.kanerva.tools.command.EpisodeOptions;
import io.kanerva.tools.command.ModelOptions;
import io.kanerva.tools.command.Positive;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.experiment.GenerationExperiment;
import io.kanerva.tools.terminal.Progress;
import io.kanerva.trainer.evaluate.TestEpisodes;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code kpp experiment generation}: the share of random keys that give valid images. */
@Command(
        name = "generation",
        header = "Count how many generated images are valid.",
        description =
                "An image read at a random key is valid if it is closer to an image of the episode than two images of "
                        + "one class are to each other on average. Keys and latents are drawn from their "
                        + "priors; a dereferenced key is one of a written sample's.",
        footer = {"  kpp experiment generation --bundle runs/mnist/bundle --keys 10000"})
public final class GenerationCommand extends Subcommand {
    @Mixin
    private ModelOptions bundle;

    @Mixin
    private EpisodeOptions options;

    @Option(
            names = "--keys",
            paramLabel = "N",
            converter = Positive.class,
            defaultValue = "10000",
            order = 5,
            description = "Random keys, spread over the episodes. Default: ${DEFAULT-VALUE}.")
    private int keys;

    @Override
    protected void run() {
        try (Kanerva kanerva = bundle.open()) {
            TestEpisodes episodes = options.episodes(kanerva);
            GenerationExperiment.Result result;
            try (Progress progress =
                    Progress.start(terminal(), "Generating", Math.min(keys, episodes.count()), "episodes")) {
                result = GenerationExperiment.run(kanerva, episodes, keys, options.seed(), progress::at);
            } catch (IllegalArgumentException e) {
                throw new Failure(e.getMessage(), e);
            }
            print(
                    "setting    %s, %s, %,d random keys of %,d episodes of T = %d, seed %d",
                    kanerva.bundle().name(),
                    episodes.images().name(),
                    result.keys(),
                    result.episodes(),
                    episodes.length(),
                    options.seed());
            print(
                    "valid      %.2f %% of the mean images, %.2f %% of one image drawn from each distribution",
                    100 * result.validMeans(), 100 * result.validSamples());
            print(
                    "distance   %.3f to the nearest image of the episode (two images of a class: %.3f)",
                    result.meanDistance(), result.withinClass());
            print("KL(Y)      %.3f nats per image (ln T = %.3f)", result.klKeys(), Math.log(episodes.length()));
        }
    }
}
