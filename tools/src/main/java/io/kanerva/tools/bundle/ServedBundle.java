package io.kanerva.tools.bundle;

import io.kanerva.models.Models;
import io.kanerva.runtime.Bundle;
import io.kanerva.runtime.Device;
import io.kanerva.runtime.GraphDescription;
import io.kanerva.runtime.Kanerva;
import io.kanerva.tools.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/**
 * A bundle that opens, and its graphs as they are.
 *
 * @param bundle its description
 * @param graphs the graphs' bytes by their names
 */
public record ServedBundle(Bundle bundle, Map<String, byte[]> graphs) {

    /**
     * Reads a bundle.
     *
     * @param place its folder, or the name of one that ships; a folder of that name takes precedence
     * @throws io.kanerva.runtime.BundleException if it cannot be opened
     */
    public static ServedBundle of(Path place) {
        boolean ships = Models.names().contains(place.toString()) && !Files.isDirectory(place);
        ClassLoader loader = Models.class.getClassLoader();
        String resource = ships ? Models.resource(place.toString()) : null;
        try (Kanerva kanerva =
                ships ? Kanerva.loadResource(loader, resource, Device.CPU) : Kanerva.load(place, Device.CPU)) {
            Map<String, byte[]> graphs = new TreeMap<>();
            for (Map.Entry<String, GraphDescription> graph :
                    kanerva.bundle().graphs().entrySet()) {
                String file = graph.getValue().file();
                try (InputStream stream = ships
                        ? loader.getResourceAsStream(resource + "/" + file)
                        : Files.newInputStream(place.resolve(file))) {
                    byte[] bytes = stream.readAllBytes();
                    if (!sha256(bytes).equals(graph.getValue().sha256())) {
                        throw new Failure("%s: the file '%s': expected it to stay as it is meanwhile, found it changed"
                                .formatted(place, file));
                    }
                    graphs.put(graph.getKey(), bytes);
                }
            }
            return new ServedBundle(kanerva.bundle(), graphs);
        } catch (IOException e) {
            throw new Failure("%s: expected a readable bundle, found an error (%s)".formatted(place, e), e);
        }
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
