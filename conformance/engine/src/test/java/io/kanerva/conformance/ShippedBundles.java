package io.kanerva.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.models.Models;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The bundles that ship, as folders. */
public final class ShippedBundles {

    private ShippedBundles() {}

    /** Copies a bundle, from classes in a folder or in a jar, into a folder of its name in another one. */
    public static Path copy(String name, Path into) throws IOException {
        URL url = Models.class.getClassLoader().getResource(Models.resource(name) + "/bundle.json");
        assertThat(url).as(name).isNotNull();
        try {
            URI uri = url.toURI();
            if (uri.getScheme().equals("file")) {
                return copy(Path.of(uri).getParent(), into.resolve(name));
            }
            try (FileSystem jar = FileSystems.newFileSystem(uri, Map.of())) {
                return copy(jar.getPath(Models.resource(name)), into.resolve(name));
            }
        } catch (URISyntaxException e) {
            throw new UncheckedIOException(new IOException(e));
        }
    }

    private static Path copy(Path source, Path target) throws IOException {
        List<Path> files;
        try (Stream<Path> walk = Files.walk(source)) {
            files = walk.filter(Files::isRegularFile).toList();
        }
        for (Path file : files) {
            Path copy = target.resolve(source.relativize(file).toString());
            Files.createDirectories(copy.getParent());
            Files.copy(file, copy);
        }
        return target;
    }
}
