package io.kanerva.trainer.fetch;

import java.net.URI;
import java.util.Arrays;
import java.util.List;

/**
 * A file of a data set and its URL.
 *
 * @param uri its public URL
 * @param path its path in a data folder, with slashes; for an archive the folder to unpack it in, empty for the top
 * @param bytes its size, or -1 if unknown
 * @param sha256 its checksum, 64 hexadecimal digits, or empty if unknown: then recorded on the first download
 * @param members for a {@code .tar.gz}, the members to keep, with slashes; empty for a plain file
 */
public record RemoteFile(URI uri, String path, long bytes, String sha256, List<String> members) {

    /** @throws IllegalArgumentException if the checksum is malformed or the path leaves the data folder */
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

    /** The file name in the URL. */
    public String name() {
        return uri.getPath().substring(uri.getPath().lastIndexOf('/') + 1);
    }

    /** Returns the same file at a mirror: a folder that has it under the same name. */
    public RemoteFile at(URI mirror) {
        String folder = mirror.toString();
        return new RemoteFile(
                URI.create(folder + (folder.endsWith("/") ? "" : "/") + name()), path, bytes, sha256, members);
    }
}
