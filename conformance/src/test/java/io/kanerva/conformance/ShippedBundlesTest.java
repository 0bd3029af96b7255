package io.kanerva.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.kanerva.models.Models;
import java.io.IOException;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bundles that ship were trained on real images; Fashion-MNIST's vectors are made of real images too, the others' of drawn ones. */
class ShippedBundlesTest {

    @TempDir
    Path temporary;

    @Test
    void everyShippedBundleAnswersItsVectorsAsPyTorchDid() throws Exception {
        assumeThat(Models.names()).as("no pretrained bundle ships yet, so there are no vectors of real images to compare").isNotEmpty();
        for (String name : Models.names()) {
            try (BundleVerification verification = new BundleVerification(unpacked(name))) {
                assertThat(verification.changedFiles()).isEmpty();
                Agreement found = verification.vectors();
                System.out.printf("%s%n%s%n", name, found.toText());
                assertThat(found.failures()).extracting(Agreement.Row::describe).isEmpty();
                assertThat(found.summary()).hasSize(22);
            }
        }
    }

    /** The bundle's folder: as it is where classes lie in folders, copied out where they lie in a jar. */
    private Path unpacked(String name) throws IOException, URISyntaxException {
        URL url = Models.class.getClassLoader().getResource(Models.resource(name) + "/bundle.json");
        assertThat(url).as(name).isNotNull();
        URI uri = url.toURI();
        if (uri.getScheme().equals("file")) {
            return Path.of(uri).getParent();
        }
        try (FileSystem jar = FileSystems.newFileSystem(uri, Map.of())) {
            Path source = jar.getPath(Models.resource(name));
            List<Path> files;
            try (Stream<Path> walk = Files.walk(source)) {
                files = walk.filter(Files::isRegularFile).toList();
            }
            for (Path file : files) {
                Path target = temporary.resolve(name).resolve(source.relativize(file).toString());
                Files.createDirectories(target.getParent());
                Files.copy(file, target);
            }
        }
        return temporary.resolve(name);
    }
}
