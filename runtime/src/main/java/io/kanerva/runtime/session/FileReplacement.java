package io.kanerva.runtime.session;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.UUID;

/**
 * Replaces a file in one step, so that a reader sees the old content or the new one. Links are followed, a replaced
 * file leaves its permissions to the new one, and what is no regular file (a device, a pipe) stays and takes the bytes.
 */
final class FileReplacement {

    /** More links than that lead in a circle. */
    private static final int MAX_LINKS = 40;

    private FileReplacement() {}

    static void write(Path file, byte[] content) throws IOException {
        Path target = followed(file);
        if (target.equals(Path.of("/proc", Long.toString(ProcessHandle.current().pid()), "fd", "1"))) {
            // Standard output: opened anew, a file would have two positions, and one writer would overwrite the other.
            new FileOutputStream(FileDescriptor.out).write(content);
            return;
        }
        if (Files.exists(target) && (!Files.isRegularFile(target) || target.startsWith("/proc"))) {
            try (OutputStream out = Files.newOutputStream(target, WRITE, APPEND)) {
                out.write(content);
            }
            return;
        }
        if (Files.exists(target) && !Files.isWritable(target)) {
            throw new AccessDeniedException(target.toString());
        }
        Path part = target.resolveSibling(".kanerva-" + UUID.randomUUID() + ".tmp");
        try {
            Files.write(part, content, CREATE_NEW, WRITE);
            if (Files.exists(target)) {
                keepMode(target, part);
            }
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    /** Where a path leads: the last of a chain of links, whether it exists or not. */
    private static Path followed(Path file) throws IOException {
        Path path = file.toAbsolutePath();
        for (int links = 0; links < MAX_LINKS; links++) {
            path = path.getParent().toRealPath().resolve(path.getFileName());
            // What /dev/stdout leads to has a name in /proc that no path but this one reaches.
            if (!Files.isSymbolicLink(path) || path.startsWith("/proc")) {
                return path;
            }
            path = path.resolveSibling(Files.readSymbolicLink(path));
        }
        throw new FileSystemException(file.toString(), null, "too many links");
    }

    private static void keepMode(Path from, Path to) throws IOException {
        PosixFileAttributeView view = Files.getFileAttributeView(to, PosixFileAttributeView.class, NOFOLLOW_LINKS);
        if (view != null) {
            PosixFileAttributes old = Files.readAttributes(from, PosixFileAttributes.class);
            view.setPermissions(old.permissions());
        }
    }
}
