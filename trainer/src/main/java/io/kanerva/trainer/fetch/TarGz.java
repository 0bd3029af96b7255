package io.kanerva.trainer.fetch;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** Unpacks named members of a {@code .tar.gz}. Writes only these, so an archive cannot put files elsewhere. */
final class TarGz {
    private TarGz() {}

    /**
     * Unpacks members into a folder; each gets its name only when it is complete.
     *
     * @return the members
     * @throws FetchException if one is missing or the archive is corrupt
     */
    static List<String> unpack(Path archive, Path folder, List<String> members) {
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
}
