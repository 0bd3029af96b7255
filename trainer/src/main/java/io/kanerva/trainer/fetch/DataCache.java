package io.kanerva.trainer.fetch;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * The folder of downloaded data sets, laid out as a data folder. {@code sha256.json} records the checksum of every
 * downloaded file. A file gets its name only when it is complete and its checksum is right; until then it is
 * {@code NAME.part}.
 */
public final class DataCache {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final int ATTEMPTS = 5;

    private final Path folder;
    private final Duration timeout;
    private final int attempts;
    private final Duration pause;

    /** A cache in that folder, which is created on the first download. */
    public DataCache(Path folder) {
        this(folder, TIMEOUT, ATTEMPTS, PAUSE);
    }

    /**
     * A cache with its own timeouts.
     *
     * @param timeout how long to wait for a connection, a response or the next bytes
     * @param attempts the limit on consecutive attempts without progress
     * @param pause the wait before the second consecutive attempt; doubles with each
     */
    public DataCache(Path folder, Duration timeout, int attempts, Duration pause) {
        this.folder = folder;
        this.timeout = timeout;
        this.attempts = attempts;
        this.pause = pause;
    }

    /** The user's cache: {@code $KANERVA_CACHE}, by default {@code ~/.cache/kanerva}. */
    public static Path defaultFolder() {
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
     * Whether all files of a data set exist, without checking their checksums; for a manual download, whether any
     * exists.
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
     * Downloads missing files and verifies existing ones.
     *
     * @throws FetchException if a download fails, a checksum is wrong, or the data set must be downloaded manually
     */
    public void fetch(Catalogue.Entry entry, FetchListener listener) {
        if (entry.files().isEmpty()) {
            if (holds(entry)) {
                listener.note("%s is in %s".formatted(entry.source().id(), folder));
                return;
            }
            throw new FetchException("%s cannot be downloaded: %s"
                    .formatted(entry.source().id(), entry.instructions().formatted(folder)));
        }
        try {
            Files.createDirectories(folder);
            try (FileChannel channel =
                    FileChannel.open(folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                lock(channel);
                ChecksumLedger ledger = new ChecksumLedger(folder.resolve("sha256.json"));
                for (RemoteFile file : entry.files()) {
                    fetch(file, ledger, listener);
                }
            }
        } catch (IOException e) {
            throw new FetchException(
                    "%s: expected a writable cache folder, found an error (%s)".formatted(folder, e), e);
        }
    }

    /** Locks the cache until the channel is closed. */
    private void lock(FileChannel channel) throws IOException {
        FileLock lock;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            lock = null;
        }
        if (lock == null) {
            throw new FetchException(
                    "%s: expected exclusive access, found another process downloading into it".formatted(folder));
        }
    }

    private void fetch(RemoteFile file, ChecksumLedger ledger, FetchListener listener) throws IOException {
        if (exists(file, ledger, listener)) {
            return;
        }
        Path target = folder.resolve(file.members().isEmpty() ? file.path() : file.path() + file.name());
        Files.createDirectories(target.toAbsolutePath().getParent());
        Path part = target.resolveSibling(target.getFileName() + ".part");
        Transfer transfer = new Transfer(timeout, attempts, pause, listener);
        boolean resumed = transfer.download(file.uri(), part, file.bytes());
        String sum = sha256(part);
        if (resumed && !file.sha256().isEmpty() && !sum.equals(file.sha256())) {
            listener.note("%s: the resumed download is corrupt; starting over".formatted(file.name()));
            Transfer.discard(part);
            transfer.download(file.uri(), part, file.bytes());
            sum = sha256(part);
        }
        requireSum(file, part, sum, ledger);
        if (file.members().isEmpty()) {
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            ledger.record(file.path(), sum, file.uri());
        } else {
            for (String member : unpack(part, folder.resolve(file.path()), file.members())) {
                ledger.record(file.path() + member, sha256(folder.resolve(file.path() + member)), file.uri());
            }
        }
        Transfer.discard(part);
        if (file.sha256().isEmpty()) {
            listener.note("%s: SHA-256 unknown in advance; %s recorded in sha256.json".formatted(file.name(), sum));
        }
    }

    private void requireSum(RemoteFile file, Path part, String sum, ChecksumLedger ledger) throws IOException {
        Optional<String> expected = file.sha256().isEmpty()
                ? file.members().isEmpty() ? ledger.sum(file.path()) : Optional.empty()
                : Optional.of(file.sha256());
        if (expected.isPresent() && !expected.get().equals(sum)) {
            long bytes = Files.size(part);
            Transfer.discard(part);
            throw new FetchException("%s: expected SHA-256 %s, found %,d bytes with %s, now deleted"
                    .formatted(file.uri(), expected.get(), bytes, sum));
        }
    }

    /**
     * Whether the file, or every member kept of the archive, exists.
     *
     * @throws FetchException if one has changed
     */
    private boolean exists(RemoteFile file, ChecksumLedger ledger, FetchListener listener) {
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
            String found = sha256(target);
            if (expected.isPresent() && !expected.get().equals(found)) {
                throw new FetchException("%s: expected SHA-256 %s, found %s: delete the file and fetch again"
                        .formatted(target, expected.get(), found));
            }
            listener.note("%s exists%s"
                    .formatted(path, expected.isPresent() ? " with the right SHA-256" : "; its SHA-256 is unknown"));
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

    /**
     * Unpacks members of a {@code .tar.gz} into a folder, and only these, so an archive cannot put files elsewhere.
     * Each gets its name only when it is complete.
     *
     * @return the members
     * @throws FetchException if one is missing or the archive is corrupt
     */
    private static List<String> unpack(Path archive, Path folder, List<String> members) {
        Set<String> missing = new LinkedHashSet<>(members);
        try (InputStream in = new BufferedInputStream(Files.newInputStream(archive), 1 << 16);
                TarArchiveInputStream tar = new TarArchiveInputStream(new GZIPInputStream(in, 1 << 16))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                if (entry.isFile() && missing.remove(entry.getName())) {
                    Path target = folder.resolve(entry.getName());
                    Files.createDirectories(target.toAbsolutePath().getParent());
                    Path temporary = target.resolveSibling(target.getFileName() + ".part");
                    Files.copy(tar, temporary, StandardCopyOption.REPLACE_EXISTING);
                    Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                }
            }
        } catch (IOException e) {
            throw new FetchException(
                    "%s: expected a valid .tar.gz, found a corrupt one (%s)".formatted(archive, e.getMessage()), e);
        }
        if (!missing.isEmpty()) {
            throw new FetchException("%s: expected a member '%s', found none"
                    .formatted(archive, missing.iterator().next()));
        }
        return members;
    }

    /** A file's SHA-256, 64 lower-case hexadecimal digits. */
    private static String sha256(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[1 << 16];
            for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                digest.update(buffer, 0, length);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (IOException e) {
            throw new FetchException("%s: cannot be read (%s)".formatted(file, e.getMessage()), e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
