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

    /** A picture of more images is of no use, and of many more does not fit memory. */
    private static final int SHOWN = 2048;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "FILE.png",
            required = true,
            order = 5,
            description = "PNG file to write; it shows the first 2,048 images at most.")
    private Path png;

    @Option(
            names = "--npy",
            paramLabel = "FILE.npy",
            order = 6,
            description =
                    "Also write the pixel probabilities as a NumPy array [count, channels, rows, columns] of float32.")
    private Path npy;

    Path png() {
        return png;
    }

    Path npy() {
        return npy;
    }

    /**
     * Writes the files and prints their names.
     *
     * @param rows rows of the picture, shown in bands
     * @param result content of the NumPy file
     */
    void write(Subcommand action, List<Pictures> rows, Pictures result) {
        int count = rows.get(0).count();
        List<Pictures> shown =
                rows.stream().map(row -> row.slice(0, Math.min(count, SHOWN))).toList();
        OutputFile.write(png, Mosaic.bands(shown, COLUMNS).png(SCALE));
        action.print(
                "picture   %s%s", png, count > SHOWN ? " (the first %,d of %,d images)".formatted(SHOWN, count) : "");
        if (npy != null) {
            PictureFiles.writeNpy(npy, result);
            action.print("numbers   %s", npy);
        }
    }
}
