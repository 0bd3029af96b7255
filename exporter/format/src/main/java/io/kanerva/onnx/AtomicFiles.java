package io.kanerva.onnx;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.UUID;

/**
 * Writes files so that a reader sees the old content or the new one, never part of it. Links are followed, a replaced
 * file leaves its permissions to the new one, and what is no regular file (a device, a pipe) stays and takes the bytes.
 */
public final class AtomicFiles {
    private static final int BUFFER = 1 << 16;

    /** More links than that lead in a circle. */
    private static final int MAX_LINKS = 40;

    private AtomicFiles() {}

    /** Writes a file's content. */
    @FunctionalInterface
    public interface Content {
        /** Writes all of it to {@code stream}, which the caller closes. */
        void write(OutputStream stream) throws IOException;
    }

    /** Writes bytes; see {@link #write(Path, Content)}. */
    public static void write(Path file, byte[] content) throws IOException {
        write(file, stream -> stream.write(content));
    }

    /**
     * Writes a file. Missing folders are created.
     *
     * @throws AccessDeniedException if a file of that name exists and must not be written
     * @throws IOException if writing fails; an older file of that name is kept
     */
    public static void write(Path file, Content content) throws IOException {
        Path target = followed(file);
        if (isStandardOutput(target)) {
            // Opened again, a file would have two positions, and one writer would overwrite the other.
            OutputStream stream = new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), BUFFER);
            content.write(stream);
            stream.flush();
            return;
        }
        if (isWrittenThrough(target)) {
            fill(target, content, WRITE, APPEND);
            return;
        }
        if (Files.exists(target) && !Files.isWritable(target)) {
            throw new AccessDeniedException(target.toString());
        }
        Files.createDirectories(target.getParent());
        Path part = target.resolveSibling(".kanerva-" + UUID.randomUUID() + ".tmp");
        try {
            fill(part, content, WRITE, CREATE_NEW);
            if (Files.exists(target)) {
                keepMode(target, part);
            }
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    /** Whether a path, {@linkplain #followed followed}, is what {@code /dev/stdout} leads to. */
    public static boolean isStandardOutput(Path target) {
        return target.equals(
                Path.of("/proc", Long.toString(ProcessHandle.current().pid()), "fd", "1"));
    }

    /**
     * Whether a file is written to where it is, rather than replaced: a device, a pipe, or a regular file that
     * {@code /dev/stdout} leads to, which another process has open.
     */
    static boolean isWrittenThrough(Path target) {
        boolean exists = Files.exists(target) && !Files.isDirectory(target);
        return exists && (!Files.isRegularFile(target) || target.startsWith("/proc"));
    }

    /**
     * Where a path leads: the last of a chain of links, whether it exists or not.
     *
     * @throws IOException if the links lead in a circle
     */
    public static Path followed(Path file) throws IOException {
        Path path = file.toAbsolutePath();
        for (int links = 0; links < MAX_LINKS; links++) {
            Path folder = path.getParent();
            if (folder == null) {
                return path;
            }
            if (Files.exists(folder)) {
                path = folder.toRealPath().resolve(path.getFileName());
            }
            // What /dev/stdout leads to has a name in /proc that no path but this one reaches.
            if (!Files.isSymbolicLink(path) || path.startsWith("/proc")) {
                return path;
            }
            path = path.resolveSibling(Files.readSymbolicLink(path));
        }
        throw new FileSystemException(file.toString(), null, "too many links");
    }

    private static void fill(Path file, Content content, OpenOption... options) throws IOException {
        try (OutputStream stream = new BufferedOutputStream(Files.newOutputStream(file, options), BUFFER)) {
            content.write(stream);
        }
    }

    private static void keepMode(Path from, Path to) throws IOException {
        PosixFileAttributeView view = Files.getFileAttributeView(to, PosixFileAttributeView.class, NOFOLLOW_LINKS);
        if (view != null) {
            view.setPermissions(
                    Files.readAttributes(from, PosixFileAttributes.class).permissions());
        }
    }
}
