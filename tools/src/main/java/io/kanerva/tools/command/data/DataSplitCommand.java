package io.kanerva.tools.command.data;

import io.kanerva.tools.OutputFile;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.trainer.data.OwnImages;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kpp data split}: divides pictures into those for training and those for testing. */
@Command(
        name = "split",
        header = "Divide your own pictures at random into those for training and those for testing.",
        description = "Writes a CSV file of paths, labels and parts, which 'kpp train --images' takes. Parts that the "
                + "pictures had before are ignored.",
        footer = {
            "  kpp data split photos/ --share 0.2 --seed 7 --out photos.csv",
            "  kpp train --images photos.csv --run runs/photos"
        })
public final class DataSplitCommand extends Subcommand {
    @Parameters(paramLabel = "PLACE", description = "A folder of pictures or a CSV file.")
    private Path place;

    @Option(
            names = "--share",
            paramLabel = "SHARE",
            required = true,
            order = 1,
            description = "Share of the pictures that are for testing, above 0 and below 1.")
    private double share;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            order = 2,
            description = "Seed of the draw. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "FILE",
            required = true,
            order = 3,
            description = "The CSV file.")
    private Path out;

    @Override
    protected void run() {
        if (!out.toString().endsWith(".csv")) {
            throw usage("--out: expected a name that ends with .csv, found '%s'".formatted(out));
        }
        OutputFile.requireWritable(out);
        OwnImages images = OwnImages.at(place);
        StringBuilder table = new StringBuilder();
        int tested = possible(() -> {
            try {
                return images.writeSplit(share, seed, out.toAbsolutePath().getParent(), table);
            } catch (IOException e) {
                throw new UncheckedIOException(e); // never, as the table is a text
            }
        });
        OutputFile.write(out, table.toString()); // at once, as it may be the table that was read
        print("train      %,d pictures", images.trainCount() + images.testCount() - tested);
        print("test       %,d pictures", tested);
        print("table      %s", out);
    }
}
