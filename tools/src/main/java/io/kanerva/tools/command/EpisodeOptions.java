package io.kanerva.tools.command;

import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Likelihood;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.tools.Failure;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.DataSource;
import io.kanerva.trainer.data.ImageShape;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.evaluate.ClassEpisodes;
import io.kanerva.trainer.evaluate.TestEpisodes;
import io.kanerva.trainer.train.TrainingPlan;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The test episodes that a model is scored on. */
public final class EpisodeOptions {
    /** Default length of a test episode, in images. */
    public static final int LENGTH = 32;

    @Mixin
    private DataOptions data;

    @Option(
            names = "--data-set",
            paramLabel = "NAME",
            order = 4,
            description = "Name of a data set; see 'kpp data list'. Default: the one the model was trained on.")
    private String dataSet;

    @Option(
            names = "--episodes",
            paramLabel = "N",
            converter = Positive.class,
            order = 5,
            description = "Use only N test episodes, drawn from the whole test set by the seed. Default: all.")
    private int atMost = Integer.MAX_VALUE;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            order = 20,
            description = "Seed of the episodes, the noise and the damage. Default: ${DEFAULT-VALUE}.")
    private long seed;

    /** The seed of everything random. */
    public long seed() {
        return seed;
    }

    /** The data set given, else the one that the model was trained on. */
    public DataSource source(String trainedOn) {
        return DataSource.named(dataSet == null ? trainedOn : dataSet);
    }

    /** The test images of a data set, for use with that binarisation. */
    public Images images(DataSource source, Binarisation binarisation, ImageShape shape) {
        return data.test(source, binarisation, shape);
    }

    /** Test episodes for a bundle, of the length it was trained with, else as long as its memory allows. */
    public TestEpisodes episodes(Kanerva kanerva) {
        int trained = kanerva.bundle().provenance().episodeLength();
        return episodes(
                kanerva.bundle().provenance().data(),
                kanerva.bundle().settings().likelihood() == Likelihood.BERNOULLI,
                shape(kanerva.bundle().settings()),
                trained > 0 ? trained : longest(kanerva.bundle().settings()));
    }

    /** Test episodes for a training run. */
    public TestEpisodes episodes(TrainingPlan plan) {
        return episodes(plan.data(), plan.settings().likelihood().isBinary(), plan.imageShape(), plan.episodeLength());
    }

    /** The first of these episodes, up to the requested number. */
    public ClassEpisodes some(ClassEpisodes all) {
        return all.first(atMost);
    }

    /** The first of these episodes, up to the requested number. */
    public TestEpisodes some(TestEpisodes all) {
        return all.first(atMost);
    }

    /** The longest episode for a model: {@link #LENGTH} images, or the memory's capacity. */
    public static int longest(ModelSettings settings) {
        return Math.min(LENGTH, settings.capacity());
    }

    /** The size of a bundle's images. */
    public static ImageShape shape(ModelSettings settings) {
        return new ImageShape(
                settings.image().channels(),
                settings.image().height(),
                settings.image().width());
    }

    private TestEpisodes episodes(String trainedOn, boolean blackAndWhite, ImageShape shape, int length) {
        DataSource source = source(trainedOn);
        Binarisation binarisation = source.testBinarisation(blackAndWhite);
        Images images = images(source, binarisation, shape);
        if (images.count() < length) {
            throw new Failure("%s: expected at least one episode of %d images, found %d images"
                    .formatted(images.name(), length, images.count()));
        }
        return new TestEpisodes(images, binarisation, length, seed).first(atMost);
    }
}
