package io.kanerva.tools.command.experiment;

import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.tools.Failure;
import io.kanerva.tools.OutputFile;
import io.kanerva.tools.command.EpisodeOptions;
import io.kanerva.tools.command.ModelOptions;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.experiment.MemoryExperiment;
import io.kanerva.tools.experiment.MemoryExperiment.Row;
import io.kanerva.tools.report.MemoryBitsFigure;
import io.kanerva.tools.terminal.Progress;
import io.kanerva.trainer.evaluate.BoundReport;
import io.kanerva.trainer.evaluate.TestEpisodes;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code kpp experiment memory-bits}: the bound against the bits of memory per image, and the swapped memory. */
@Command(
        name = "memory-bits",
        header = "Score a model with fewer bits of memory, and with another episode's memory.",
        description = {
            "Each float of a memory is rounded to one of 2^bits evenly spaced values, in a range of its channel. The "
                    + "memory is free in the bound, so a bound means little without the bits of memory per image; the "
                    + "image itself takes a bit per black and white pixel. A model that was trained for few bits "
                    + "(model.bits) is scored with these alone.",
            "As a control, each episode is also read, with its own keys, from the memory of the next one."
        },
        footer = {"  kpp experiment memory-bits --bundle runs/mnist/bundle --data ~/data --out bits.svg"})
public final class MemoryBitsCommand extends Subcommand {
    private static final int[] BITS = {1, 2, 3, 4, 6, 8, 16};

    @Mixin
    private ModelOptions bundle;

    @Mixin
    private EpisodeOptions options;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "FILE.svg",
            order = 6,
            description = "SVG file to write: the bound against the bits of memory per image.")
    private Path svg;

    @Option(
            names = "--without",
            paramLabel = "NATS",
            order = 7,
            description = "What a model without a memory pays for an image: the SVG file also shows the line on which "
                    + "each bit of memory saves ln 2 of it.")
    private double without;

    @Option(
            names = "--beside",
            paramLabel = "DIR|NAME",
            order = 8,
            description = "Another model to score on the same episodes and to draw in the same picture; several with "
                    + "several options.")
    private List<Path> beside = List.of();

    @Override
    protected void run() {
        if (!(without >= 0) || Double.isInfinite(without)) {
            throw usage("Invalid value for option '--without': expected at least 0, found " + without);
        }
        if (svg != null) {
            OutputFile.requireWritable(svg);
        } else if (without > 0) {
            throw usage("Missing option '--out': expected an SVG file to draw the line of --without in, found none");
        }
        Map<String, List<Row>> models = new LinkedHashMap<>();
        TestEpisodes episodes;
        double imageBits;
        try (Kanerva kanerva = bundle.open()) {
            episodes = options.episodes(kanerva);
            imageBits = (double) kanerva.bundle().settings().image().floats()
                    * (episodes.binarisation().isBinary() ? 1 : 8);
            print(
                    "setting    %s, %s, %,d episodes of T = %d, seed %d; an image has %,.0f bits",
                    kanerva.bundle().name(),
                    episodes.images().name(),
                    episodes.count(),
                    episodes.length(),
                    options.seed(),
                    imageBits);
            models.put(kanerva.bundle().name(), rows(kanerva, episodes));
            ModelSettings first = kanerva.bundle().settings();
            for (Path folder : beside) {
                try (Kanerva other = bundle.open(folder)) {
                    ModelSettings settings = other.bundle().settings();
                    if (!settings.image().equals(first.image())
                            || settings.likelihood() != first.likelihood()
                            || settings.capacity() < episodes.length()) {
                        throw new Failure("--beside %s: expected %s, %s, T up to %d, found %s, %s, %d"
                                .formatted(
                                        folder,
                                        first.image(),
                                        first.likelihood(),
                                        episodes.length(),
                                        settings.image(),
                                        settings.likelihood(),
                                        settings.capacity()));
                    }
                    // Its folder, as runs of a preset give bundles of one name.
                    String name = folder.getFileName().toString();
                    print("beside     %s", name);
                    if (models.put(name, rows(other, episodes)) != null) {
                        throw new Failure("--beside %s: expected models of different names, found '%s' twice"
                                .formatted(folder, name));
                    }
                }
            }
        }
        if (svg != null) {
            OutputFile.write(svg, MemoryBitsFigure.svg(models, imageBits, without));
        }
    }

    private List<Row> rows(Kanerva kanerva, TestEpisodes episodes) {
        MemoryExperiment experiment;
        try (Progress progress = Progress.start(terminal(), "Writing", episodes.count(), "episodes")) {
            experiment = new MemoryExperiment(kanerva, episodes, options.seed(), progress::at);
        }
        print("%-10s %10s %12s %14s", "bits", "per image", "bound", "reconstruction");
        List<Row> rows = new ArrayList<>();
        for (int bits : experiment.writtenBits() == Float.SIZE ? BITS : new int[0]) {
            rows.add(experiment.quantised(bits));
            print(rows.get(rows.size() - 1));
        }
        rows.add(experiment.written());
        print(rows.get(rows.size() - 1));
        if (episodes.count() > 1) {
            BoundReport swapped = experiment.swapped();
            print(
                    "swapped    %,34.3f +- %.3f nats with the next episode's memory",
                    swapped.nats(), swapped.standardError());
        }
        return rows;
    }

    private void print(Row row) {
        print(
                "%-10d %,10.0f %,12.3f %,14.3f   +- %.3f",
                row.bits(),
                row.bitsPerImage(),
                row.report().nats(),
                row.report().reconstruction(),
                row.report().standardError());
    }
}
