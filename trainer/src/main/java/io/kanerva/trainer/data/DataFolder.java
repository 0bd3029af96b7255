package io.kanerva.trainer.data;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiFunction;

/** Where a data set's files are: a user's folder, or the class path for the data that ship. */
final class DataFolder {
    private final Path folder;

    /** @param folder null for the class path */
    private DataFolder(Path folder) {
        this.folder = folder;
    }

    /**
     * Returns the user's folder, or the data that ship if it is null.
     *
     * @throws DataFormatException if it is not a folder
     */
    static DataFolder of(Path folder) {
        if (folder != null && !Files.isDirectory(folder)) {
            throw new DataFormatException("%s: expected a data folder, found %s"
                    .formatted(folder, Files.exists(folder) ? "a file" : "no such folder"));
        }
        return new DataFolder(folder);
    }

    /** Whether this is the class path. */
    boolean ships() {
        return folder == null;
    }

    /** The folder; not for {@linkplain #ships() the class path}. */
    Path path() {
        return folder;
    }

    /** The first of these files that exists. */
    Optional<String> first(List<String> files) {
        return files.stream().filter(this::has).findFirst();
    }

    private boolean has(String file) {
        return ships() ? resource(file) != null : Files.isRegularFile(folder.resolve(file));
    }

    /** Reads an existing file of images. */
    ImageSet images(String file, String name) {
        if (!ships()) {
            return ImageFiles.read(folder.resolve(file)).named(name);
        }
        return read(file, (in, size) -> ImageFiles.read(name, DataSource.SHIPPED + file, in, size));
    }

    /** Reads an existing file of labels. */
    int[] labels(String file, int count) {
        if (!ships()) {
            return IdxReader.labels(folder.resolve(file), count);
        }
        return read(file, (in, size) -> IdxReader.labels(DataSource.SHIPPED + file, in, size, count));
    }

    private static <T> T read(String file, BiFunction<InputStream, Long, T> reader) {
        try {
            URLConnection connection = resource(file).openConnection();
            try (InputStream in = connection.getInputStream()) {
                return reader.apply(in, connection.getContentLengthLong());
            }
        } catch (IOException e) {
            throw new DataFormatException(
                    "%s: expected the data that ship, found an unreadable file (%s)"
                            .formatted(DataSource.SHIPPED + file, e.getMessage()),
                    e);
        }
    }

    private static URL resource(String file) {
        ClassLoader loader = Objects.requireNonNullElse(
                Thread.currentThread().getContextClassLoader(), DataFolder.class.getClassLoader());
        return loader.getResource(DataSource.SHIPPED + file);
    }
}
