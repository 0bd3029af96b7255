package io.kanerva.conformance.bundle;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Compares a bundle's files with the digests in its bundle.json. */
final class BundleDigests {

    private BundleDigests() {}

    /**
     * One sentence for each file that is missing, changed, or not listed.
     *
     * @param listed SHA-256 by path, as bundle.json has it
     */
    static List<String> problems(Path bundle, Map<String, String> listed) {
        List<String> problems = new ArrayList<>();
        try {
            for (Map.Entry<String, String> file : listed.entrySet()) {
                Path path = bundle.resolve(file.getKey());
                if (!Files.isRegularFile(path)) {
                    problems.add("%s: bundle.json lists '%s', found no such file".formatted(bundle, file.getKey()));
                } else if (!path.toRealPath().startsWith(bundle.toRealPath())) {
                    problems.add("%s: '%s': expected a file inside the bundle, found a link that leads out of it"
                            .formatted(bundle, file.getKey()));
                } else if (!digest(path).equals(file.getValue())) {
                    problems.add("%s: '%s' was changed: expected SHA-256 %s, found %s"
                            .formatted(bundle, file.getKey(), file.getValue(), digest(path)));
                }
            }
            try (Stream<Path> walk = Files.walk(bundle)) {
                walk.filter(Files::isRegularFile)
                        .map(path -> bundle.relativize(path).toString().replace('\\', '/'))
                        .filter(path -> !path.equals("bundle.json") && !listed.containsKey(path))
                        .sorted()
                        .forEach(path -> problems.add(
                                "%s: found '%s', which bundle.json does not list".formatted(bundle, path)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "%s: expected a readable bundle, found an error (%s)".formatted(bundle, e), e);
        }
        return problems;
    }

    private static String digest(Path file) throws IOException {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
