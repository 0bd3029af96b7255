package io.kanerva.tools;

import io.kanerva.onnx.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

/** Writes a folder that a command names, completely or not at all; what goes wrong is a {@link Failure}. */
public final class OutputFolder {
    private OutputFolder() {}

    /**
     * Checks before any work that there is no such folder yet, or an empty one, in a place that can be written.
     *
     * @throws Failure if not; one sentence says why
     */
    public static void requireNew(Path folder) {
        try {
            Path target = AtomicFiles.followed(folder);
            if (target.getParent() == null || Files.exists(target) && !isEmptyFolder(target)) {
                throw new Failure("%s: expected a new or empty folder, found %s"
                        .formatted(folder, Files.isDirectory(target) ? "files in it" : "a file"));
            }
            OutputFile.requirePlaceForFolder(target.getParent());
        } catch (IOException e) {
            throw OutputFile.unwritable(folder, e);
        }
    }

    /**
     * Writes files into a temporary folder beside this one, then renames it.
     *
     * @param files bytes by their paths in the folder
     * @throws Failure if that fails; nothing is left behind
     */
    public static void write(Path folder, Map<String, byte[]> files) {
        requireNew(folder);
        try {
            Path target = AtomicFiles.followed(folder);
            Path part = target.resolveSibling(".kanerva-" + UUID.randomUUID() + ".tmp");
            try {
                for (Map.Entry<String, byte[]> file : files.entrySet()) {
                    Path path = part.resolve(file.getKey());
                    Files.createDirectories(path.getParent());
                    Files.write(path, file.getValue());
                }
                Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                delete(part);
            }
        } catch (IOException e) {
            throw OutputFile.unwritable(folder, e);
        }
    }

    private static boolean isEmptyFolder(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return false;
        }
        try (Stream<Path> content = Files.list(folder)) {
            return content.findAny().isEmpty();
        }
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        List<Path> content;
        try (Stream<Path> walk = Files.walk(folder)) {
            content = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : content) {
            Files.delete(path);
        }
    }
}
