package io.kanerva.trainer.fetch;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The JSON file of downloaded files: by path, the SHA-256, the URL and the time. */
final class ChecksumLedger {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path file;
    private final Map<String, Map<String, String>> lines;

    /** @throws FetchException if the file exists but is unreadable */
    ChecksumLedger(Path file) {
        this.file = file;
        try {
            lines = Files.exists(file)
                    ? JSON.readValue(
                            Files.readAllBytes(file), new TypeReference<TreeMap<String, Map<String, String>>>() {})
                    : new TreeMap<>();
        } catch (IOException e) {
            throw new FetchException(
                    "%s: expected the checksums of downloaded files, found an unreadable file (%s)"
                            .formatted(file, e.getMessage()),
                    e);
        }
    }

    /** Returns the recorded checksum of the file at this path in the cache. */
    Optional<String> sum(String path) {
        return Optional.ofNullable(lines.get(path)).map(line -> line.get("sha256"));
    }

    void record(String path, String sha256, URI from) throws IOException {
        lines.put(
                path,
                new TreeMap<>(Map.of(
                        "sha256",
                        sha256,
                        "from",
                        from.toString(),
                        "fetched",
                        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString())));
        Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
        Files.write(temporary, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(lines));
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
