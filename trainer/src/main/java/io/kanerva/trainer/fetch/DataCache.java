package io.kanerva.trainer.fetch;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The folder that fetched data sets lie in, laid out as a data folder. Beside them {@code sha256.json} records the sum
 * of every file that came. A file appears under its name only when it is whole and its sum is right; until then it is
 * {@code NAME.part}.
 */
public final class DataCache {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final int ATTEMPTS = 5;

    private final Path folder;
    private final Duration patience;
    private final int attempts;
    private final Duration pause;

    /** A cache in that folder, which is made when something is fetched. */
    public DataCache(Path folder) {
        this(folder, PATIENCE, ATTEMPTS, PAUSE);
    }

    /**
     * A cache with its own manner of downloading.
     *
     * @param patience how long to wait for a connection, an answer or the next bytes
     * @param attempts how often in a row to try without a byte of progress
     * @param pause before the second try in a row; doubles with each
     */
    public DataCache(Path folder, Duration patience, int attempts, Duration pause) {
        this.folder = folder;
        this.patience = patience;
        this.attempts = attempts;
        this.pause = pause;
    }

    /** Where the user's cache is: {@code $KANERVA_CACHE}, else {@code ~/.cache/kanerva}. */
    public static Path usualFolder() {
        String chosen = System.getenv("KANERVA_CACHE");
        return chosen == null || chosen.isBlank()
                ? Path.of(System.getProperty("user.home"), ".cache", "kanerva")
                : Path.of(chosen);
    }

    /** The folder. */
    public Path folder() {
        return folder;
    }

    /**
     * Whether all files of a data set are here, by name; their sums are not looked at. For those had by hand, whether
     * any is.
     */
    public boolean holds(Catalogue.Entry entry) {
        if (!Files.isDirectory(folder)) {
            return false;
        }
        return entry.files().isEmpty()
                ? entry.source().isIn(folder)
                : entry.files().stream().allMatch(file -> targets(file).stream().allMatch(Files::isRegularFile));
    }

    /**
     * Fetches what is not here yet, and checks the sums of what is.
     *
     * @throws FetchException if a file cannot be had, is not what it should be, or the data set must be had by hand
     */
    public void fetch(Catalogue.Entry entry, FetchListener listener) {
        if (entry.files().isEmpty()) {
            if (holds(entry)) {
                listener.note("%s is in %s".formatted(entry.source().id(), folder));
                return;
            }
            throw new FetchException("%s cannot be downloaded: %s"
                    .formatted(entry.source().id(), entry.byHand().formatted(folder)));
        }
        try {
            Files.createDirectories(folder);
            try (FileChannel channel =
                    FileChannel.open(folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                lock(channel);
                SumLedger ledger = new SumLedger(folder.resolve("sha256.json"));
                for (RemoteFile file : entry.files()) {
                    fetch(file, ledger, listener);
                }
            }
        } catch (IOException e) {
            throw new FetchException(
                    "%s: expected a cache folder that can be written to, found that it cannot (%s)"
                            .formatted(folder, e),
                    e);
        }
    }

    /** Holds until the channel is closed. */
    private void lock(FileChannel channel) throws IOException {
        FileLock lock;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            lock = null;
        }
        if (lock == null) {
            throw new FetchException(
                    "%s: expected nobody else to be fetching into it, found that another process is".formatted(folder));
        }
    }

    private void fetch(RemoteFile file, SumLedger ledger, FetchListener listener) throws IOException {
        if (isHere(file, ledger, listener)) {
            return;
        }
        Path target = folder.resolve(file.members().isEmpty() ? file.path() : file.path() + file.name());
        Files.createDirectories(target.toAbsolutePath().getParent());
        Path part = target.resolveSibling(target.getFileName() + ".part");
        Transfer transfer = new Transfer(patience, attempts, pause, listener);
        boolean resumed = transfer.bring(file.uri(), part, file.bytes());
        String sum = Sha256.of(part);
        if (resumed && !file.sha256().isEmpty() && !sum.equals(file.sha256())) {
            listener.note("%s: the continued download is damaged; starting it over".formatted(file.name()));
            Transfer.discard(part);
            transfer.bring(file.uri(), part, file.bytes());
            sum = Sha256.of(part);
        }
        requireSum(file, part, sum, ledger);
        if (file.members().isEmpty()) {
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            ledger.record(file.path(), sum, file.uri());
        } else {
            for (String member : TarGz.unpack(part, folder.resolve(file.path()), file.members())) {
                ledger.record(file.path() + member, Sha256.of(folder.resolve(file.path() + member)), file.uri());
            }
        }
        Transfer.discard(part);
        if (file.sha256().isEmpty()) {
            listener.note("%s: no SHA-256 was known beforehand; %s is what came, recorded in sha256.json"
                    .formatted(file.name(), sum));
        }
    }

    private void requireSum(RemoteFile file, Path part, String sum, SumLedger ledger) throws IOException {
        Optional<String> expected = file.sha256().isEmpty()
                ? file.members().isEmpty() ? ledger.sum(file.path()) : Optional.empty()
                : Optional.of(file.sha256());
        if (expected.isPresent() && !expected.get().equals(sum)) {
            long bytes = Files.size(part);
            Transfer.discard(part);
            throw new FetchException("%s: expected a file of SHA-256 %s, found %,d bytes of %s, which were deleted"
                    .formatted(file.uri(), expected.get(), bytes, sum));
        }
    }

    /**
     * Whether the file, or all that is kept of the archive, is here with the right sums; what has changed is an error.
     */
    private boolean isHere(RemoteFile file, SumLedger ledger, FetchListener listener) {
        List<Path> targets = targets(file);
        if (!targets.stream().allMatch(Files::isRegularFile)) {
            return false;
        }
        for (Path target : targets) {
            String path = folder.relativize(target).toString().replace('\\', '/');
            Optional<String> expected =
                    file.members().isEmpty() && !file.sha256().isEmpty()
                            ? Optional.of(file.sha256())
                            : ledger.sum(path);
            String found = Sha256.of(target);
            if (expected.isPresent() && !expected.get().equals(found)) {
                throw new FetchException("%s: expected SHA-256 %s, found %s: delete the file and fetch it again"
                        .formatted(target, expected.get(), found));
            }
            listener.note("%s is here%s"
                    .formatted(path, expected.isPresent() ? ", its SHA-256 is right" : "; no SHA-256 is known for it"));
        }
        return true;
    }

    private List<Path> targets(RemoteFile file) {
        return file.members().isEmpty()
                ? List.of(folder.resolve(file.path()))
                : file.members().stream()
                        .map(member -> folder.resolve(file.path() + member))
                        .toList();
    }
}
