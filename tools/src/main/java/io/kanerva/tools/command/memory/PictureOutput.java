package io.kanerva.tools.command.memory;

import io.kanerva.tools.OutputFile;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.image.Mosaic;
import io.kanerva.tools.image.PictureFiles;
import io.kanerva.tools.image.Pictures;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** The files that a subcommand writes its images to. */
final class PictureOutput {
    private static final int COLUMNS = 16;
    private static final int SCALE = 3;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "FILE.png",
            required = true,
            order = 5,
            description = "PNG file to write.")
    private Path png;

    @Option(
            names = "--npy",
            paramLabel = "FILE.npy",
            order = 6,
            description =
                    "Also write the pixel probabilities as a NumPy array [count, channels, rows, columns] of float32.")
    private Path npy;

    /** Checks before any work that the files can be written. */
    void check() {
        OutputFile.requireWritable(png);
        if (npy != null) {
            OutputFile.requireWritable(npy);
        }
    }

    /**
     * Writes the files and prints their names.
     *
     * @param rows rows of the picture, shown in bands
     * @param result content of the NumPy file
     */
    void write(Subcommand action, List<Pictures> rows, Pictures result) {
        OutputFile.write(png, Mosaic.bands(rows, COLUMNS).png(SCALE));
        action.print("picture   %s", png);
        if (npy != null) {
            PictureFiles.writeNpy(npy, result);
            action.print("numbers   %s", npy);
        }
    }
}
