package io.kanerva.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;

/** Where a bundle's files are read from. Each file is read once: what is hashed is what is loaded. */
final class BundleSource {

    private final String describe;
    private final Reader reader;

    /**
     * @param describe how messages name the bundle
     * @param reader gives a file's bytes, or null if there is no such file
     */
    private BundleSource(String describe, Reader reader) {
        this.describe = describe;
        this.reader = reader;
    }

    /** Gives the bytes of the file with that path inside the bundle, or null. */
    interface Reader {
        byte[] read(String file) throws IOException;
    }

    /** A folder. */
    static BundleSource folder(Path folder) {
        return new BundleSource(folder.toString(), file -> {
            if (!Files.isDirectory(folder)) {
                throw new BundleException("%s: expected a bundle's folder, found none", folder);
            }
            Path path = folder.resolve(file);
            if (!Files.isRegularFile(path)) {
                return null;
            }
            // A link must not lead out of the folder either.
            if (!path.toRealPath().startsWith(folder.toRealPath())) {
                throw new BundleException(
                        "%s: '%s' is a link that leads out of the bundle; expected a file inside it", folder, file);
            }
            return Files.readAllBytes(path);
        });
    }

    /** A folder on the class path. */
    static BundleSource resource(ClassLoader loader, String folder) {
        return new BundleSource("classpath:" + folder, file -> {
            try (InputStream stream = loader.getResourceAsStream(folder + "/" + file)) {
                return stream == null ? null : stream.readAllBytes();
            }
        });
    }

    /** Files at hand, by their paths. */
    static BundleSource bytes(Map<String, byte[]> files) {
        return new BundleSource("bundle in memory", files::get);
    }

    /**
     * The bytes of one file.
     *
     * @param file its path inside the bundle, with {@code /} between the parts
     * @throws BundleException if there is no such file, it lies outside the bundle or cannot be read
     */
    byte[] read(String file) {
        checkInside(file);
        try {
            byte[] bytes = reader.read(file);
            if (bytes == null) {
                throw new BundleException("%s: the file '%s' is missing from the bundle", describe, file);
            }
            return bytes;
        } catch (IOException e) {
            throw new BundleException(e, "%s: '%s' cannot be read: %s", describe, file, e);
        }
    }

    /** Opens the bundle: reads each file once, checks it, loads it from the bytes that were checked. */
    Kanerva load(Options options) {
        byte[] json = read(Bundle.FILE_NAME);
        Bundle bundle = Bundle.parse(describe + "/" + Bundle.FILE_NAME, json);
        Map<BundleGraph, byte[]> graphs = new EnumMap<>(BundleGraph.class);
        for (BundleGraph graph : BundleGraph.values()) {
            GraphDescription description = bundle.graphs().get(graph.label());
            if (description == null) {
                continue; // an optional one: Bundle has made sure of the others
            }
            byte[] bytes = read(description.file());
            String found = Sha256.hex(bytes);
            if (!found.equals(description.sha256())) {
                throw new BundleException(
                        "%s: the file '%s' was changed or is another bundle's: expected SHA-256 %s, found %s",
                        describe, description.file(), description.sha256(), found);
            }
            ExternalData.refuse(describe + ": the file '" + description.file() + "'", bytes);
            graphs.put(graph, bytes);
        }
        return new Kanerva(bundle, Sessions.open(describe, bundle.settings(), graphs, options));
    }

    /** Refuses paths that are absolute or climb: only names of letters, digits and {@code . _ - + space}. */
    private void checkInside(String file) {
        boolean inside = !file.isEmpty() && file.length() <= 255;
        for (String part : file.split("/", -1)) {
            inside &= part.matches("[\\p{L}\\p{N}._+ -]+") && !part.equals(".") && !part.equals("..");
        }
        if (!inside) {
            throw new BundleException(
                    "%s: bundle.json names the file '%s'; expected a path inside the bundle", describe, file);
        }
    }
}
