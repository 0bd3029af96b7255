package io.kanerva.tools.command;

import io.kanerva.tools.Failure;
import io.kanerva.tools.run.PictureCheck;
import io.kanerva.tools.terminal.Terminal;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.DataSource;
import io.kanerva.trainer.data.ImageShape;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.fetch.Catalogue;
import io.kanerva.trainer.fetch.DataCache;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The folder that a subcommand takes its images from. */
public final class DataOptions {
    @Option(
            names = {"-d", "--data"},
            paramLabel = "DIR",
            order = 3,
            description =
                    "Folder of data sets, or your own images (see 'kpp train --images'). Default: the fetched data "
                            + "set, else the Fashion-MNIST images that ship with kpp.")
    private Path folder;

    @Option(
            names = "--skip-unreadable",
            order = 10,
            description = "Leave out pictures that cannot be read. By default, none is left out.")
    private boolean skipUnreadable;

    /** Whether pictures that cannot be read are left out. */
    public boolean skipsUnreadable() {
        return skipUnreadable;
    }

    /** The folder given, or null. */
    public Path folder() {
        return folder;
    }

    /**
     * The test images of a data set, for use with that binarisation.
     *
     * @param shape the size of the model's images, which images that the user brings are brought to
     * @throws Failure if the data set is missing; the message says how to fetch it
     */
    public Images test(DataSource source, Binarisation binarisation, ImageShape shape) {
        Images images = source.test(locate(folder, source), binarisation, shape);
        return skipUnreadable
                ? PictureCheck.readable(images, true, Terminal.of(new PrintWriter(System.err, true)))
                : images;
    }

    /**
     * The folder given, else the cache if it holds the data set, else null for the images that ship with kpp.
     *
     * @throws Failure if the data set is in none of these; the message says how to fetch it
     */
    public static Path locate(Path named, DataSource source) {
        if (named != null) {
            return named;
        }
        if (source == DataSource.OWN) {
            throw new Failure("data set 'images': expected the place of your images (--data DIR), found none");
        }
        Path cache = DataCache.defaultFolder();
        Catalogue.Entry entry = Catalogue.of(source);
        if (new DataCache(cache).holds(entry)) {
            return cache;
        }
        if (source.isIn(null)) {
            return null;
        }
        if (Files.isDirectory(cache) && source.isIn(cache)) {
            return cache;
        }
        throw new Failure(
                ("data set '%s': expected a folder (--data DIR) or a fetched copy in %s, found neither: 'kpp data "
                                + "fetch %s' %s")
                        .formatted(
                                source.id(),
                                cache,
                                source.id(),
                                entry.files().isEmpty() ? "says where to get it" : "downloads it"));
    }
}
