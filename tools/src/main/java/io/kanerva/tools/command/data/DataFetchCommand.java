package io.kanerva.tools.command.data;

import io.kanerva.tools.Failure;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.terminal.Progress;
import io.kanerva.tools.terminal.Terminal;
import io.kanerva.trainer.data.DataFormatException;
import io.kanerva.trainer.data.DataSource;
import io.kanerva.trainer.fetch.Catalogue;
import io.kanerva.trainer.fetch.DataCache;
import io.kanerva.trainer.fetch.FetchException;
import io.kanerva.trainer.fetch.FetchListener;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kpp data fetch}: downloads a data set into the cache. */
@Command(
        name = "fetch",
        header = "Download a data set.",
        description = "Downloads the files from their source into the cache and checks their SHA-256. An interrupted "
                + "download is resumed, even on another day. If the terms of a data set forbid a direct download, the "
                + "command says where to get it and where to put the files.",
        footer = {"  kpp data fetch cifar10", "  kpp train --preset mnist --run runs/mnist     (reads what was fetched)"
        })
public final class DataFetchCommand extends Subcommand {
    @Parameters(
            paramLabel = "NAME",
            completionCandidates = Names.class,
            description = "One of ${COMPLETION-CANDIDATES}.")
    private String name;

    @Option(
            names = "--cache",
            paramLabel = "DIR",
            order = 1,
            description = "The cache folder. Default: $KANERVA_CACHE, else ~/.cache/kanerva.")
    private Path folder;

    @Option(
            names = "--mirror",
            paramLabel = "URL",
            order = 2,
            description =
                    "Download from this folder instead, which has the files under the same names. Their SHA-256 must "
                            + "match as well.")
    private URI mirror;

    /** The names of the data sets, for help and completion. */
    static final class Names implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Catalogue.all().stream().map(entry -> entry.source().id()).iterator();
        }
    }

    @Override
    protected void run() {
        if (mirror != null
                && (mirror.getScheme() == null || !mirror.getScheme().matches("https?") || mirror.getHost() == null)) {
            throw usage(("Invalid value for option '--mirror': expected http://HOST/FOLDER or https://HOST/FOLDER, "
                            + "found '%s'")
                    .formatted(mirror));
        }
        Catalogue.Entry entry = Catalogue.of(source());
        DataCache cache = new DataCache(folder == null ? DataCache.defaultFolder() : folder);
        try {
            if (entry.bytes() == 0 || cache.holds(entry)) {
                cache.fetch(mirror == null ? entry : entry.at(mirror), new Shown(terminal(), null));
            } else {
                try (Progress progress = Progress.start(terminal(), "Fetching", entry.bytes() / 1000, "kB")) {
                    cache.fetch(mirror == null ? entry : entry.at(mirror), new Shown(terminal(), progress));
                }
            }
        } catch (FetchException e) {
            throw new Failure(e.getMessage(), e);
        }
        print("data       %s: %s", entry.source().id(), entry.about());
        print("folder     %s", cache.folder());
    }

    private DataSource source() {
        try {
            DataSource source = DataSource.named(name);
            if (source == DataSource.OWN) {
                throw usage("data set 'images': expected a named set, found your own: 'kpp data inspect' looks at it");
            }
            return source;
        } catch (DataFormatException e) {
            throw usage(e.getMessage());
        }
    }

    /** Shows the progress of the download; without a bar, the bytes of the current file. */
    private static final class Shown implements FetchListener {
        private final Terminal terminal;
        private final Progress progress;
        private final Map<String, Long> here = new HashMap<>();

        Shown(Terminal terminal, Progress progress) {
            this.terminal = terminal;
            this.progress = progress;
        }

        @Override
        public void transferred(String file, long bytes, long total) {
            here.put(file, bytes);
            long all = here.values().stream().mapToLong(Long::longValue).sum() / 1000;
            if (progress != null) {
                progress.at(all, file);
            } else if (terminal.redraws()) {
                terminal.status("Fetching   %,d kB  %s".formatted(all, file));
            }
        }

        @Override
        public void note(String sentence) {
            terminal.line(sentence);
        }
    }
}
