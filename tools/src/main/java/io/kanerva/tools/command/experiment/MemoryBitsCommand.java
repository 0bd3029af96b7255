package io.kanerva.tools.command.experiment;

import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Planes;
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
import java.util.List;
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
                    + "image itself takes a bit per black and white pixel.",
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
        try (Kanerva kanerva = bundle.open()) {
            TestEpisodes episodes = options.episodes(kanerva);
            Planes image = kanerva.bundle().settings().image();
            double imageBits =
                    (double) image.floats() * (episodes.binarisation().isBinary() ? 1 : 8);
            print(
                    "setting    %s, %s, %,d episodes of T = %d, seed %d; an image has %,.0f bits",
                    kanerva.bundle().name(),
                    episodes.images().name(),
                    episodes.count(),
                    episodes.length(),
                    options.seed(),
                    imageBits);
            MemoryExperiment experiment;
            try (Progress progress = Progress.start(terminal(), "Writing", episodes.count(), "episodes")) {
                experiment = new MemoryExperiment(kanerva, episodes, options.seed(), progress::at);
            }
            print("%-10s %10s %12s %14s", "bits", "per image", "bound", "reconstruction");
            List<Row> rows = new ArrayList<>();
            for (int bits : BITS) {
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
            if (svg != null) {
                OutputFile.write(svg, MemoryBitsFigure.svg(kanerva.bundle().name(), rows, imageBits, without));
            }
        }
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
