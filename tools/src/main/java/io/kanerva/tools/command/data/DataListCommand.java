package io.kanerva.tools.command.data;

import io.kanerva.tools.command.Subcommand;
import io.kanerva.trainer.fetch.Catalogue;
import io.kanerva.trainer.fetch.DataCache;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code kpp data list}: lists the data sets and which of them are in the cache. */
@Command(
        name = "list",
        header = "List the data sets.",
        description = "Shows which of them are in the cache, how large the others are, and which must be downloaded "
                + "manually.",
        footer = {"  kpp data list"})
public final class DataListCommand extends Subcommand {
    @Option(
            names = "--cache",
            paramLabel = "DIR",
            order = 1,
            description = "The cache folder. Default: $KANERVA_CACHE, else ~/.cache/kanerva.")
    private Path folder;

    @Override
    protected void run() {
        DataCache cache = new DataCache(folder == null ? DataCache.defaultFolder() : folder);
        print("cache      %s%n", cache.folder());
        for (Catalogue.Entry entry : Catalogue.all()) {
            String state = cache.holds(entry) ? "fetched" : !entry.files().isEmpty() ? size(entry) : "manual";
            print("%-15s %-10s %s", entry.source().id(), state, entry.about());
        }
        print("%n'kpp data fetch NAME' downloads a data set or says where to get it.");
    }

    private static String size(Catalogue.Entry entry) {
        return entry.checked() ? "%,d MB".formatted(Math.max(1, entry.bytes() / 1_000_000)) : "? MB";
    }
}
