package io.kanerva.runtime.bundle;

import io.kanerva.runtime.Bundle;
import io.kanerva.runtime.BundleException;
import io.kanerva.runtime.BundleGraph;
import io.kanerva.runtime.GraphDescription;
import io.kanerva.runtime.ModelSettings;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A bundle's files. Each is read once: what is hashed is what is loaded. */
public final class BundleSource {

    private static final String FILE_NAME = "bundle.json";

    /** The shipped ones have some ten thousand. */
    private static final int MAX_DESCRIPTION = 1 << 22;

    /** 1 GiB; the shipped ones have 3 MB at most. */
    private static final int MAX_GRAPH = 1 << 30;

    private final String name;
    private final Function<String, byte[]> files;

    private BundleSource(String name, Function<String, byte[]> files) {
        this.name = name;
        this.files = files;
    }

    /** A folder. */
    public static BundleSource folder(Path folder) {
        return new BundleSource(folder.toString(), file -> read(folder, file));
    }

    private static byte[] read(Path folder, String file) {
        if (!Files.isDirectory(folder)) {
            throw new BundleException("%s: expected a bundle's folder, found none", folder);
        }
        Path path = folder.resolve(file);
        if (!Files.exists(path)) {
            return null;
        }
        if (!Files.isRegularFile(path)) {
            throw new BundleException("%s: '%s': expected a regular file, found something else", folder, file);
        }
        try {
            // A link must not lead out of the folder either.
            if (!path.toRealPath().startsWith(folder.toRealPath())) {
                throw new BundleException(
                        "%s: '%s' is a link that leads out of the bundle; expected a file inside it", folder, file);
            }
            try (InputStream stream = Files.newInputStream(path)) {
                return readAll(folder.toString(), file, stream);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads to the end, or to the limit beyond which no bundle's file goes: a compressed one may never end. */
    private static byte[] readAll(String name, String file, InputStream stream) throws IOException {
        int limit = file.equals(FILE_NAME) ? MAX_DESCRIPTION : MAX_GRAPH;
        byte[] bytes = stream.readNBytes(limit + 1);
        if (bytes.length > limit) {
            throw new BundleException("%s: '%s': expected at most %d bytes, found more", name, file, limit);
        }
        return bytes;
    }

    /** A folder on the class path. */
    public static BundleSource resource(ClassLoader loader, String folder) {
        return new BundleSource("classpath:" + folder, file -> {
            try (InputStream stream = loader.getResourceAsStream(folder + "/" + file)) {
                return stream == null ? null : readAll("classpath:" + folder, file, stream);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    /** Files in memory, by their paths. */
    public static BundleSource bytes(Map<String, byte[]> files) {
        return new BundleSource("bundle in memory", files::get);
    }

    /** What {@link ModelSettings#parse} documents. */
    public static ModelSettings settings(String place, String json) {
        return BundleReader.settings(JsonReader.read(place, json.getBytes(StandardCharsets.UTF_8)));
    }

    /** The bundle's name in messages. */
    public String name() {
        return name;
    }

    /**
     * Reads bundle.json.
     *
     * @throws BundleException if it is missing, malformed or contradicts itself
     */
    public Bundle bundle() {
        return BundleReader.read(name + "/" + FILE_NAME, read(FILE_NAME));
    }

    /**
     * The bytes of the graphs, checked against their digests.
     *
     * @throws BundleException if a file is missing or was changed, its graph is not one that a bundle with these
     *     settings has, or one that is a whole call has a tensor of the four graphs with another type, shape or values,
     *     or one of more than 64 values that is none of theirs
     */
    public Map<BundleGraph, byte[]> graphs(Bundle bundle) {
        Map<BundleGraph, byte[]> graphs = new EnumMap<>(BundleGraph.class);
        for (BundleGraph graph : BundleGraph.values()) {
            graphs.put(graph, read(bundle.graphs().get(graph.label()).file()));
        }
        // In parallel, as the sessions later: in a fresh JVM this takes long.
        Map<BundleGraph, GraphFile> files = graphs.entrySet().parallelStream()
                .collect(Collectors.toConcurrentMap(
                        Map.Entry::getKey, graph -> check(bundle, graph.getKey(), graph.getValue())));
        Map<String, GraphFile.Weight> weights = new HashMap<>();
        for (BundleGraph part : BundleGraph.FOUR) {
            files.get(part).weights.forEach((weight, values) -> weights.put(part.label() + "/" + weight, values));
        }
        for (BundleGraph whole : BundleGraph.WHOLE) {
            files.get(whole).weights.forEach((weight, values) -> {
                boolean isTheirs = weights.containsKey(weight);
                if (isTheirs ? !values.isSame(weights.get(weight)) : values.isLarge()) {
                    throw new BundleException(
                            "%s: the file '%s': tensor '%s': expected a weight of the graphs %s, as `kpp renew` puts "
                                    + "it there, found another",
                            name,
                            bundle.graphs().get(whole.label()).file(),
                            weight,
                            BundleGraph.labels(BundleGraph.FOUR));
                }
            });
        }
        return graphs;
    }

    private GraphFile check(Bundle bundle, BundleGraph graph, byte[] bytes) {
        GraphDescription description = bundle.graphs().get(graph.label());
        String found = Sha256.hex(bytes);
        if (!found.equals(description.sha256())) {
            throw new BundleException(
                    "%s: the file '%s' was changed or is another bundle's: expected SHA-256 %s, found %s",
                    name, description.file(), description.sha256(), found);
        }
        return GraphCheck.check(name + ": the file '" + description.file() + "'", bundle, graph, bytes);
    }

    private byte[] read(String file) {
        if (!isInside(file)) {
            throw new BundleException(
                    "%s: bundle.json names the file '%s'; expected a path inside the bundle", name, file);
        }
        try {
            byte[] bytes = files.apply(file);
            if (bytes == null) {
                throw new BundleException("%s: the file '%s' is missing from the bundle", name, file);
            }
            return bytes;
        } catch (UncheckedIOException e) {
            throw new BundleException(e.getCause(), "%s: '%s' cannot be read: %s", name, file, e.getCause());
        }
    }

    /**
     * Whether a path stays inside the bundle: neither absolute nor upwards, only names of letters, digits and {@code .
     * _ - + space}.
     */
    static boolean isInside(String file) {
        boolean inside = !file.isEmpty() && file.length() <= 255;
        for (String part : file.split("/", -1)) {
            inside &= !part.isEmpty() && !part.equals(".") && !part.equals("..");
        }
        for (int i = 0; i < file.length(); i++) {
            char letter = file.charAt(i);
            inside &= Character.isLetterOrDigit(letter) || "._+- /".indexOf(letter) >= 0;
        }
        return inside;
    }
}
