package io.kanerva.trainer.fetch;

import java.net.URI;
import java.util.Arrays;
import java.util.List;

/**
 * A file that a data set is made of, and where it can be had.
 *
 * @param uri its public address
 * @param path where it belongs in a data folder, with slashes; for an archive the folder that it is unpacked in, empty
 *     for the top
 * @param bytes its size, or -1 if that is not known
 * @param sha256 of the file, 64 hexadecimal digits, or empty if that is not known: it is then recorded when the file
 *     first comes
 * @param members for a {@code .tar.gz}: its members to keep, with slashes; empty for a plain file
 */
public record RemoteFile(URI uri, String path, long bytes, String sha256, List<String> members) {

    /** @throws IllegalArgumentException if the sum is not one, or the path leaves the data folder */
    public RemoteFile {
        if (!sha256.isEmpty() && !sha256.matches("[0-9a-f]{64}")) {
            throw new IllegalArgumentException(
                    "%s: expected a SHA-256 of 64 hexadecimal digits or none, found '%s'".formatted(uri, sha256));
        }
        if (path.startsWith("/") || Arrays.asList(path.split("/")).contains("..")) {
            throw new IllegalArgumentException(
                    "%s: expected a path inside the data folder, found '%s'".formatted(uri, path));
        }
        members = List.copyOf(members);
    }

    /** A plain file. */
    public static RemoteFile plain(String uri, String path, long bytes, String sha256) {
        return new RemoteFile(URI.create(uri), path, bytes, sha256, List.of());
    }

    /** Its name at its home. */
    public String name() {
        return uri.getPath().substring(uri.getPath().lastIndexOf('/') + 1);
    }

    /** The same file at another address: that of a folder which has it under the same name. */
    public RemoteFile at(URI mirror) {
        String folder = mirror.toString();
        return new RemoteFile(
                URI.create(folder + (folder.endsWith("/") ? "" : "/") + name()), path, bytes, sha256, members);
    }
}
