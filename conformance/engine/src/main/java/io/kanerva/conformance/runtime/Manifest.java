package io.kanerva.conformance.runtime;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A runtime's description in runtime.json; {@code conformance/runtimes/README.md} explains the fields.
 *
 * @param title its name in tables
 * @param engine implementation and version
 * @param device cpu, wasm, webgpu or cuda
 * @param optimisations "off", "on" or both
 * @param doublePrecision whether it computes in float64 when the model does
 * @param needs required commands, each with the arguments that print its version
 * @param setup command that installs the runtime
 * @param setupVersion command that installs another version of the engine, whose word {@code {version}} stands for it;
 *     null if there is only the one
 * @param switchesPasses whether it switches off the passes of ONNX Runtime's optimiser that the environment variable
 *     {@value JavaRuntime#WITHOUT_PASSES} names
 * @param optional whether it runs only where it is named, as it takes long to set up or to run
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
        List<String> setupVersion,
        boolean switchesPasses,
        boolean optional,
        @JsonProperty(required = true) List<String> run) {

    private static final String VERSION = "{version}";

    private static final List<String> DEVICES = List.of("cpu", "wasm", "webgpu", "cuda");
    private static final List<String> OPTIMISATIONS = List.of("off", "on");

    /** The name of the file. */
    public static final String FILE = "runtime.json";

    /** The description of a runtime with this manifest. */
    ModelRuntime.Description describe(String name) {
        return new ModelRuntime.Description(
                name,
                title,
                engine,
                device,
                optimisations.stream().map("on"::equals).collect(Collectors.toSet()),
                doublePrecision);
    }

    /** The same runtime with another version of its engine; the title and the engine name it. */
    Manifest at(String version) {
        String own = engine.substring(engine.lastIndexOf(' ') + 1);
        return new Manifest(
                title.contains(own) ? title.replace(own, version) : title + " " + version,
                engine.replace(own, version),
                device,
                optimisations,
                doublePrecision,
                needs,
                setupVersion.stream()
                        .map(word -> word.replace(VERSION, version))
                        .toList(),
                null,
                switchesPasses,
                optional,
                run);
    }

    /**
     * Reads a folder's manifest.
     *
     * @throws IOException if it is unreadable or malformed; the message is one sentence
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
                    !manifest.optimisations.isEmpty() && OPTIMISATIONS.containsAll(manifest.optimisations));
            require(
                    file,
                    "needs",
                    "commands",
                    manifest.needs,
                    manifest.needs.stream().noneMatch(List::isEmpty));
            require(
                    file,
                    "setupVersion",
                    "a command with the word " + VERSION,
                    manifest.setupVersion,
                    manifest.setupVersion == null || manifest.setupVersion.contains(VERSION));
            require(file, "run", "a command", manifest.run, !manifest.run.isEmpty());
            return manifest;
        } catch (JsonProcessingException e) {
            throw new IOException(
                    "%s: expected a runtime's description, found a malformed one: %s"
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
