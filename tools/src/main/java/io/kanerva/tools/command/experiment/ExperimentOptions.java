package io.kanerva.tools.command.experiment;

import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.tools.Failure;
import io.kanerva.tools.command.DataHome;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.trainer.data.DataSource;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.evaluate.ClassEpisodes;
import io.kanerva.trainer.evaluate.TestEpisodes;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Which test episodes an experiment is made with. */
final class ExperimentOptions {
    private static final int EPISODE = 32;

    @Option(
            names = {"-d", "--data"},
            paramLabel = "DIR",
            order = 2,
            description = "Folder of data sets. Default: what was fetched, else the Fashion-MNIST images that ship.")
    private Path data;

    @Option(
            names = "--data-set",
            paramLabel = "NAME",
            order = 3,
            description = "See 'kpp data list'. Default: what the model was trained on.")
    private String dataSet;

    @Option(
            names = "--episodes",
            paramLabel = "N",
            order = 4,
            description = "Take only so many test episodes. Default: all.")
    private Integer most;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            order = 20,
            description = "Of episodes, noise and damage. Default: ${DEFAULT-VALUE}.")
    private long seed;

    long seed() {
        return seed;
    }

    DataSource source(String trainedOn) {
        return DataSource.named(dataSet == null ? trainedOn : dataSet);
    }

    Images images(DataSource source) {
        return source.test(DataHome.of(data, source));
    }

    /** Test episodes for a bundle, of the length that it was trained with or as long as its memory allows. */
    TestEpisodes episodes(Subcommand action, Kanerva kanerva) {
        int trained = kanerva.bundle().provenance().episodeLength();
        ModelSettings settings = kanerva.bundle().settings();
        int length = trained > 0 ? trained : Math.min(EPISODE, settings.capacity());
        return episodes(action, source(kanerva.bundle().provenance().data()), length);
    }

    /** As many of these episodes as were asked for. */
    ClassEpisodes some(Subcommand action, ClassEpisodes all) {
        if (most != null) {
            action.requirePositive("--episodes", most);
        }
        return most == null ? all : all.first(most);
    }

    /** Test episodes of that length. */
    TestEpisodes episodes(Subcommand action, DataSource source, int length) {
        if (most != null) {
            action.requirePositive("--episodes", most);
        }
        Images images = images(source);
        if (images.count() < length) {
            throw new Failure("%s: expected at least one episode of %d images, found %d images"
                    .formatted(images.name(), length, images.count()));
        }
        TestEpisodes all = new TestEpisodes(images, source.testBinarisation(), length, seed);
        return most == null ? all : all.first(most);
    }
}
