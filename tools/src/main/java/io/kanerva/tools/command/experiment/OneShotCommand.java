package io.kanerva.tools.command.experiment;

import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Likelihood;
import io.kanerva.tools.Failure;
import io.kanerva.tools.OutputFile;
import io.kanerva.tools.command.EpisodeOptions;
import io.kanerva.tools.command.ModelOptions;
import io.kanerva.tools.command.Positive;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.experiment.OneShotExperiment;
import io.kanerva.tools.image.Mosaic;
import io.kanerva.tools.image.Pictures;
import io.kanerva.tools.terminal.Progress;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.DataSource;
import io.kanerva.trainer.data.Images;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code kpp experiment one-shot}: the classes of images generated from a memory of a single class. */
@Command(
        name = "one-shot",
        header = "Write images of one class, generate, and classify what comes out by its nearest neighbour.",
        description =
                "The neighbours are test images of all classes that were not written. The share of the written images "
                        + "that are classified correctly shows how good the classifier is.",
        footer = {"  kpp experiment one-shot --bundle runs/mnist/bundle --classes 10 --out classes.png"})
public final class OneShotCommand extends Subcommand {
    private static final int COLUMNS = 16;

    @Mixin
    private ModelOptions bundle;

    @Mixin
    private EpisodeOptions options;

    @Option(
            names = "--classes",
            paramLabel = "N",
            converter = Positive.class,
            defaultValue = "10",
            order = 5,
            description = "Number of classes to try. Default: ${DEFAULT-VALUE}.")
    private int classes;

    @Option(
            names = {"-n", "--count"},
            paramLabel = "N",
            converter = Positive.class,
            defaultValue = "64",
            order = 6,
            description = "Images to generate per class. Default: ${DEFAULT-VALUE}.")
    private int count;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "FILE.png",
            order = 7,
            description = "PNG file with sixteen generated images per class.")
    private Path png;

    @Override
    protected void run() {
        if (png != null) {
            OutputFile.requireWritable(png);
        }
        try (Kanerva kanerva = bundle.open()) {
            DataSource source = options.source(kanerva.bundle().provenance().data());
            Binarisation binarisation =
                    source.testBinarisation(kanerva.bundle().settings().likelihood() == Likelihood.BERNOULLI);
            Images images = options.images(
                    source, binarisation, EpisodeOptions.shape(kanerva.bundle().settings()));
            int longest = EpisodeOptions.longest(kanerva.bundle().settings());
            Set<Integer> all = images.classes().keySet();
            List<Integer> labels = all.stream().sorted().limit(classes).toList();
            int references = Math.max(5, 4000 / all.size());
            print(
                    "setting    %s, %s, %d images generated from each memory, named among at most %d images of "
                            + "each of %d classes, seed %d",
                    kanerva.bundle().name(), images.name(), count, references, all.size(), options.seed());
            print("class  written  generated of it   written of it");
            double own = 0;
            double writtenOwn = 0;
            List<Pictures> rows = new ArrayList<>();
            try (Progress progress = Progress.start(terminal(), "Generating", labels.size(), "classes")) {
                for (int label : labels) {
                    OneShotExperiment.Row row = OneShotExperiment.run(
                            kanerva, images, binarisation, label, longest, references, count, options.seed());
                    print(
                            "%5d  %7d  %13.1f %%  %12.1f %%",
                            row.label(), row.written(), 100 * row.own(), 100 * row.writtenOwn());
                    own += row.own() / labels.size();
                    writtenOwn += row.writtenOwn() / labels.size();
                    rows.add(row.images().slice(0, Math.min(COLUMNS, count)));
                    progress.at(rows.size());
                }
            }
            print("mean            %13.1f %%  %12.1f %%", 100 * own, 100 * writtenOwn);
            if (png != null) {
                OutputFile.write(png, Mosaic.bands(rows, COLUMNS).png(3));
                print("picture    %s", png);
            }
        } catch (IllegalArgumentException e) {
            throw new Failure(e.getMessage(), e);
        }
    }
}
