package io.kanerva.conformance.runtime;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A runtime's description in runtime.json; {@code conformance/runtimes/README.md} explains the fields.
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
public record Manifest(
        @JsonProperty(required = true) String title,
        @JsonProperty(required = true) String engine,
        @JsonProperty(required = true) String device,
        @JsonProperty(required = true) List<String> optimisations,
        boolean doublePrecision,
        @JsonProperty(required = true) List<List<String>> needs,
        @JsonProperty(required = true) List<String> setup,
        @JsonProperty(required = true) List<String> run) {

    private static final List<String> DEVICES = List.of("cpu", "wasm", "cuda");
    private static final List<String> SWITCHES = List.of("off", "on");

    /** The name of the file. */
    public static final String FILE = "runtime.json";

    /** The runtime of that name. */
    ModelRuntime.Description describe(String name) {
        return new ModelRuntime.Description(
                name,
                title,
                engine,
                device,
                optimisations.stream().map("on"::equals).collect(Collectors.toSet()),
                doublePrecision);
    }

    /**
     * Reads a folder's manifest.
     *
     * @throws IOException if it cannot be read; one sentence says what is wrong
     */
    static Manifest read(Path folder) throws IOException {
        Path file = folder.resolve(FILE);
        try {
            Manifest manifest = new ObjectMapper().readValue(file.toFile(), Manifest.class);
            require(file, "device", String.join(" or ", DEVICES), manifest.device, DEVICES.contains(manifest.device));
            require(
                    file,
                    "optimisations",
                    "off, on or both",
                    manifest.optimisations,
                    !manifest.optimisations.isEmpty() && SWITCHES.containsAll(manifest.optimisations));
            require(
                    file,
                    "needs",
                    "commands",
                    manifest.needs,
                    manifest.needs.stream().noneMatch(List::isEmpty));
            require(file, "run", "a command", manifest.run, !manifest.run.isEmpty());
            return manifest;
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new IOException(
                    "%s: expected a runtime's description, found that it cannot be understood: %s"
                            .formatted(file, e.getOriginalMessage()),
                    e);
        }
    }

    private static void require(Path file, String field, String expected, Object found, boolean holds)
            throws IOException {
        if (!holds) {
            throw new IOException("%s: '%s': expected %s, found %s".formatted(file, field, expected, found));
        }
    }
}
