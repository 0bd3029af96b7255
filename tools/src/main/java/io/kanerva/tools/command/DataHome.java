package io.kanerva.tools.command;

import io.kanerva.tools.Failure;
import io.kanerva.trainer.data.DataSource;
import io.kanerva.trainer.fetch.Catalogue;
import io.kanerva.trainer.fetch.DataCache;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where a command takes its images from. */
public final class DataHome {
    private DataHome() {}

    /**
     * The folder that was named, else the cache if the data set was fetched, else null, which stands for the images
     * that ship.
     *
     * @throws Failure if there is none of these; the message says how to fetch it
     */
    public static Path of(Path named, DataSource source) {
        if (named != null) {
            return named;
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
