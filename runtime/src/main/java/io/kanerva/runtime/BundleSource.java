package io.kanerva.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where a bundle's files are read from. Each file is read once: what is hashed is what is loaded. */
interface BundleSource {

    /** How messages name the bundle. */
    String describe();

    /**
     * The bytes of one file.
     *
     * @param file its path inside the bundle, with {@code /} between the parts
     * @throws BundleException if there is no such file, it lies outside the bundle or cannot be read
     */
    byte[] read(String file);

    /** A folder. */
    static BundleSource folder(Path folder) {
        return new BundleSource() {
            @Override
            public String describe() {
                return folder.toString();
            }

            @Override
            public byte[] read(String file) {
                checkInside(describe(), file);
                if (!Files.isDirectory(folder)) {
                    throw new BundleException("%s: expected a bundle's folder, found none".formatted(folder));
                }
                Path path = folder.resolve(file);
                if (!Files.isRegularFile(path)) {
                    throw missing(describe(), file);
                }
                try {
                    // A link must not lead out of the folder either.
                    if (!path.toRealPath().startsWith(folder.toRealPath())) {
                        throw new BundleException(
                                "%s: '%s' is a link that leads out of the bundle; expected a file inside it"
                                        .formatted(folder, file));
                    }
                    return Files.readAllBytes(path);
                } catch (IOException e) {
                    throw new BundleException("%s: '%s' cannot be read: %s".formatted(folder, file, e), e);
                }
            }
        };
    }

    /** A folder on the class path. */
    static BundleSource resource(ClassLoader loader, String folder) {
        return new BundleSource() {
            @Override
            public String describe() {
                return "classpath:" + folder;
            }

            @Override
            public byte[] read(String file) {
                checkInside(describe(), file);
                try (InputStream stream = loader.getResourceAsStream(folder + "/" + file)) {
                    if (stream == null) {
                        throw missing(describe(), file);
                    }
                    return stream.readAllBytes();
                } catch (IOException e) {
                    throw new BundleException("%s: '%s' cannot be read: %s".formatted(describe(), file, e), e);
                }
            }
        };
    }

    /** Refuses paths that are absolute or climb: only names of letters, digits and {@code . _ - + space}. */
    private static void checkInside(String bundle, String file) {
        boolean inside = !file.isEmpty() && file.length() <= 255;
        for (String part : file.split("/", -1)) {
            inside &= part.matches("[\\p{L}\\p{N}._+ -]+") && !part.equals(".") && !part.equals("..");
        }
        if (!inside) {
            throw new BundleException(
                    "%s: bundle.json names the file '%s'; expected a path inside the bundle".formatted(bundle, file));
        }
    }

    private static BundleException missing(String bundle, String file) {
        return new BundleException("%s: the file '%s' is missing from the bundle".formatted(bundle, file));
    }
}
