package io.kanerva.conformance.runtimes;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * What a runtime's folder says of itself in runtime.json; {@code conformance/runtimes/README.md} explains the fields.
 *
 * @param title what tables call it
 * @param engine implementation and version
 * @param device cpu, wasm or cuda
 * @param optimisations "off", "on" or both
 * @param doublePrecision whether it computes in float64 when the model does
 * @param needs commands with the arguments that print their versions
 * @param setup command that installs
 * @param run command that runs jobs
 */
public record Manifest(@JsonProperty(required = true) String title, @JsonProperty(required = true) String engine, @JsonProperty(required = true) String device,
        @JsonProperty(required = true) List<String> optimisations, boolean doublePrecision, @JsonProperty(required = true) List<List<String>> needs,
        @JsonProperty(required = true) List<String> setup, @JsonProperty(required = true) List<String> run) {

    /** The name of the file. */
    public static final String FILE = "runtime.json";

    /**
     * Reads a folder's manifest.
     *
     * @throws IOException if it cannot be read; one sentence says what is wrong
     */
    static Manifest read(Path folder) throws IOException {
        Path file = folder.resolve(FILE);
        try {
            return new ObjectMapper().readValue(file.toFile(), Manifest.class);
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new IOException("%s: expected a runtime's description, found that it cannot be understood: %s".formatted(file, e.getOriginalMessage()), e);
        }
    }
}
