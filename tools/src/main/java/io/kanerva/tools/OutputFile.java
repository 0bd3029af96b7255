package io.kanerva.tools;

import io.kanerva.onnx.AtomicFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Writes the files that a command names, as {@link AtomicFiles} does; what goes wrong is a {@link Failure}. */
public final class OutputFile {
    private OutputFile() {}

    /**
     * Checks before long work that a file can be written.
     *
     * @throws Failure if it cannot; one sentence says why
     */
    public static void requireWritable(Path file) {
        if (Files.isDirectory(file)) {
            throw new Failure("%s: expected a path for a file, found a folder".formatted(file));
        }
        try {
            Path target = AtomicFiles.followed(file);
            if (Files.exists(target) && !Files.isWritable(target)) {
                throw unwritable(file, new AccessDeniedException(target.toString()));
            }
            if (!Files.exists(target) || Files.isRegularFile(target) && !target.startsWith("/proc")) {
                requireWritableFolder(folderOf(target));
            }
        } catch (IOException e) {
            throw unwritable(file, e);
        }
    }

    /** Whether two paths lead to one file, of which the later content would replace the earlier. */
    public static boolean isOne(Path file, Path other) {
        try {
            Path target = AtomicFiles.followed(file);
            return target.equals(AtomicFiles.followed(other)) && (!Files.exists(target) || Files.isRegularFile(target));
        } catch (IOException e) {
            return false; // a circle of links leads to no file, as whoever opens it will say
        }
    }

    /** Whether a path leads to the standard output. */
    public static boolean isStandardOutput(Path file) {
        try {
            return AtomicFiles.isStandardOutput(AtomicFiles.followed(file));
        } catch (IOException e) {
            throw unwritable(file, e);
        }
    }

    /**
     * Checks before long work that files can be written in a folder, which is created if missing.
     *
     * @throws Failure if they cannot; one sentence says why
     */
    public static void requireWritableFolder(Path folder) {
        try {
            Files.createDirectories(folder);
            Files.delete(Files.createTempFile(folder, ".kpp", ".tmp"));
        } catch (IOException e) {
            throw unwritable(folder, e);
        }
    }

    /**
     * Like {@link #requireWritableFolder}, but leaves no new folder behind: for work that creates its folder itself,
     * and only once it has its input.
     *
     * @throws Failure if no files can be written there; one sentence says why
     */
    public static void requirePlaceForFolder(Path folder) {
        List<Path> missing = new ArrayList<>();
        for (Path place = folder.toAbsolutePath(); place != null && !Files.exists(place); place = place.getParent()) {
            missing.add(place);
        }
        requireWritableFolder(folder);
        try {
            for (Path made : missing) {
                Files.delete(made);
            }
        } catch (DirectoryNotEmptyException | NoSuchFileException e) {
            // Another process has begun to use it, or has checked it, too.
        } catch (IOException e) {
            throw unwritable(folder, e);
        }
    }

    /**
     * Writes a file.
     *
     * @throws Failure if it cannot be written; an older file of that name is kept
     */
    public static void write(Path file, AtomicFiles.Content content) {
        folderOf(file);
        try {
            AtomicFiles.write(file, content);
        } catch (IOException e) {
            throw unwritable(file, e);
        } catch (UncheckedIOException e) {
            throw unwritable(file, e.getCause());
        }
    }

    /** Writes bytes; see {@link #write(Path, AtomicFiles.Content)}. */
    public static void write(Path file, byte[] content) {
        write(file, stream -> stream.write(content));
    }

    /** Writes UTF-8 text; see {@link #write(Path, AtomicFiles.Content)}. */
    public static void write(Path file, String text) {
        write(file, text.getBytes(StandardCharsets.UTF_8));
    }

    private static Path folderOf(Path file) {
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null) {
            throw new Failure("%s: expected a file name, found the root folder".formatted(file));
        }
        return folder;
    }

    /** The failure to write a file or folder, in one sentence. */
    public static Failure unwritable(Path place, IOException e) {
        String reason = e instanceof FileSystemException problem && problem.getReason() != null
                ? problem.getReason()
                : Objects.requireNonNullElse(e.getMessage(), e.getClass().getSimpleName());
        Path existing = place.toAbsolutePath();
        while (existing.getParent() != null && !Files.exists(existing)) {
            existing = existing.getParent();
        }
        if (!Files.isDirectory(existing) && !existing.equals(place.toAbsolutePath())) {
            reason = existing + " is a file, not a folder";
        } else if (e instanceof FileAlreadyExistsException) {
            reason = "it is a file, not a folder";
        } else if (e instanceof AccessDeniedException denied) {
            reason = "no permission for " + denied.getFile();
        }
        return new Failure("%s: expected a writable path, found an unwritable one (%s)".formatted(place, reason), e);
    }
}
