package io.kanerva.bundle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kanerva.onnx.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Writes a bundle's folder completely or not at all, and replaces nothing but bundles. */
final class BundleFolder {
    private final Path folder;
    private final boolean replace;

    BundleFolder(Path folder, boolean replace) {
        this.folder = followed(folder);
        this.replace = replace;
    }

    /** Where a path leads: a link stays, and what it leads to is written. */
    private static Path followed(Path folder) {
        try {
            return AtomicFiles.followed(folder.toAbsolutePath().normalize());
        } catch (IOException e) {
            throw new BundleExportException(
                    "%s: expected a place for a bundle, found an error (%s)".formatted(folder, e), e);
        }
    }

    /**
     * Checks that a bundle may be written here; called before the work starts, and again before the folder is changed.
     *
     * @throws BundleExportException if the folder holds something that must not be replaced
     */
    void requireFree() {
        if (folder.getParent() == null) {
            throw new BundleExportException(
                    "%s: expected a folder to write a bundle to, found the root of the file system".formatted(folder));
        }
        if (!Files.exists(folder) || isEmptyFolder()) {
            return;
        }
        if (!isBundle()) {
            throw new BundleExportException("%s: expected a new folder, or a bundle to replace, found %s"
                    .formatted(folder, Files.isDirectory(folder) ? "a folder with other content" : "a file"));
        }
        if (!replace) {
            throw new BundleExportException(("%s: expected a new folder, found an existing bundle; replace it "
                            + "(only when asked to), or choose another folder")
                    .formatted(folder));
        }
    }

    /**
     * Writes all files to a temporary folder next to this one, then renames it.
     *
     * @param files bytes by path inside the bundle
     * @throws BundleExportException if that fails; the previous content is kept
     */
    void write(Map<String, byte[]> files) {
        requireFree();
        Path part = sibling("part");
        Path old = sibling("old");
        try {
            Files.createDirectories(part);
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                Path path = part.resolve(file.getKey());
                Files.createDirectories(path.getParent());
                Files.write(path, file.getValue());
            }
            if (Files.exists(folder)) {
                Files.move(folder, old, StandardCopyOption.ATOMIC_MOVE);
            }
            Files.move(part, folder, StandardCopyOption.ATOMIC_MOVE);
            delete(old);
        } catch (IOException e) {
            throw new BundleExportException(
                    "%s: expected a writable place for a bundle, found an error (%s)%s"
                            .formatted(folder, e, restored(part, old)),
                    e);
        }
    }

    /** SHA-256 in lower-case hexadecimal digits. */
    static String digest(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** Cleans up after a failure; returns a note for the user if that fails too. */
    private String restored(Path part, Path old) {
        try {
            delete(part);
            if (Files.exists(old) && !Files.exists(folder)) {
                Files.move(old, folder, StandardCopyOption.ATOMIC_MOVE);
            }
            return "";
        } catch (IOException e) {
            return Files.exists(old) ? "; the previous bundle is now " + old : "; " + part + " is left over";
        }
    }

    private Path sibling(String what) {
        return folder.resolveSibling("." + folder.getFileName() + "." + what + "-"
                + ProcessHandle.current().pid() + ".tmp");
    }

    private boolean isEmptyFolder() {
        if (!Files.isDirectory(folder)) {
            return false;
        }
        try (Stream<Path> content = Files.list(folder)) {
            return content.findAny().isEmpty();
        } catch (IOException e) {
            throw new BundleExportException(
                    "%s: expected a readable folder, found an error (%s)".formatted(folder, e), e);
        }
    }

    private boolean isBundle() {
        if (!Files.isRegularFile(folder.resolve(BundleDescription.FILE))) {
            return false; // reading a pipe could wait for ever
        }
        try {
            JsonNode json = new ObjectMapper()
                    .readTree(folder.resolve(BundleDescription.FILE).toFile());
            return BundleDescription.FORMAT.equals(json.path("format").asText());
        } catch (IOException e) {
            return false;
        }
    }

    private static void delete(Path path) throws IOException {
        if (!Files.exists(path)) {
            return;
        }
        List<Path> content;
        try (Stream<Path> walk = Files.walk(path)) {
            content = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path entry : content) {
            Files.delete(entry);
        }
    }
}
