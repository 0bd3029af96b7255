package io.kanerva.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ModelsTest {
    private static final Path BUNDLES = Path.of("bundles");

    @Test
    void theIndexNamesTheFoldersThatAreThere() throws IOException {
        try (Stream<Path> folders = Files.list(BUNDLES)) {
            assertThat(Models.names())
                    .containsExactlyInAnyOrderElementsOf(folders.filter(Files::isDirectory)
                            .map(folder -> folder.getFileName().toString())
                            .toList());
        }
    }

    /**
     * Every file of every bundle, as it is on the class path: none changed, none missing, none that bundle.json does
     * not list.
     */
    @Test
    void everyFileOfEveryBundleHasTheDigestThatItsBundleJsonStates() throws IOException {
        Map<String, String> stated = new TreeMap<>();
        Map<String, String> found = new TreeMap<>();
        for (String name : Models.names()) {
            String folder = Models.resource(name) + "/";
            stated.putAll(listed(folder, new String(resource(folder + "bundle.json"), StandardCharsets.UTF_8)));
            try (Stream<Path> files = Files.walk(BUNDLES.resolve(name))) {
                for (Path file : files.filter(Files::isRegularFile)
                        .filter(f -> !f.endsWith("bundle.json"))
                        .toList()) {
                    String path = folder
                            + BUNDLES.resolve(name).relativize(file).toString().replace('\\', '/');
                    found.put(path, digest(resource(path)));
                }
            }
            assertThat(found.keySet()).contains(folder + "encoder.onnx", folder + "MODEL_CARD.md");
        }
        assertThat(found).isEqualTo(stated);
    }

    @Test
    void digestsAreReadFromTheFilesOfABundleJson() {
        String json = "{\"graphs\": {\"encoder\": {\"file\": \"encoder.onnx\", \"sha256\": \"" + "0".repeat(64)
                + "\"}},\n" + "\"files\" : {\n \"encoder.onnx\" : \"" + "a".repeat(64) + "\",\n \"vectors/x.pb\" : \""
                + "b".repeat(64) + "\"\n}}";
        assertThat(listed("m/", json))
                .containsOnly(Map.entry("m/encoder.onnx", "a".repeat(64)), Map.entry("m/vectors/x.pb", "b".repeat(64)));
    }

    @Test
    void aModelThatDoesNotShipIsRefused() {
        assertThatThrownBy(() -> Models.resource("imagenet"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("model 'imagenet': expected one of [")
                .hasMessageEndingWith("], which ship, found no such name");
    }

    /**
     * The members of the object "files", whose values are all digests; this module has no JSON reader, and needs no
     * more than that.
     */
    private static Map<String, String> listed(String folder, String json) {
        Matcher files = Pattern.compile("\"files\"\\s*:\\s*\\{([^{}]*)}").matcher(json);
        assertThat(files.find()).isTrue();
        Map<String, String> listed = new TreeMap<>();
        Matcher file =
                Pattern.compile("\"([^\"]+)\"\\s*:\\s*\"([0-9a-f]{64})\"").matcher(files.group(1));
        while (file.find()) {
            listed.put(folder + file.group(1), file.group(2));
        }
        return listed;
    }

    private static byte[] resource(String path) throws IOException {
        try (InputStream stream = Models.class.getClassLoader().getResourceAsStream(path)) {
            assertThat(stream).as(path).isNotNull();
            return stream.readAllBytes();
        }
    }

    private static String digest(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
