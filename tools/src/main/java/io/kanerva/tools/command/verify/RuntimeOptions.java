package io.kanerva.tools.command.verify;

import io.kanerva.conformance.runtime.ForeignRuntime;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.tools.Failure;
import io.kanerva.tools.command.Subcommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** Which runtimes a verification compares. */
final class RuntimeOptions {
    @Option(
            names = "--runtimes",
            paramLabel = "NAMES",
            split = ",",
            order = 20,
            description =
                    "Runtimes to compare, and clients for a bundle's pipelines, by name, with commas between them. Default: all that this machine has.")
    private List<String> names;

    @Option(
            names = "--runtimes-folder",
            paramLabel = "DIR",
            order = 21,
            description =
                    "Where the other languages' runtimes are, a folder each. Default: conformance/runtimes of this checkout.")
    private Path folder;

    @Option(
            names = "--install",
            order = 22,
            description = "Install runtimes that are not installed yet, from their package registries.")
    private boolean install;

    @Option(
            names = "--require",
            order = 23,
            description = "Fail if one of the runtimes cannot run. Default: say so and go on.")
    private boolean require;

    /**
     * The runtimes, whether they can run or not.
     *
     * @param others that only what is verified has
     */
    List<ModelRuntime> find(Subcommand action, ModelRuntime... others) {
        List<ModelRuntime> all = new ArrayList<>(List.of(JavaRuntime.CPU, JavaRuntime.CUDA));
        all.addAll(List.of(others));
        all.addAll(foreign("runtimes"));
        if (names == null) {
            return all;
        }
        List<String> known = Stream.concat(all.stream(), foreign("clients").stream())
                .map(ModelRuntime::name)
                .toList();
        for (String name : names) {
            if (!known.contains(name)) {
                throw action.usage("Invalid value for option '--runtimes': expected some of %s, found '%s'"
                        .formatted(String.join(", ", known), name));
            }
        }
        return all.stream().filter(runtime -> names.contains(runtime.name())).toList();
    }

    /** The clients in other languages, which run whole pipelines on bundles: those that were chosen by name, or all. */
    List<ModelRuntime> clients() {
        return foreign("clients").stream()
                .filter(client -> names == null || names.contains(client.name()))
                .toList();
    }

    private List<ModelRuntime> foreign(String kind) {
        String root = System.getProperty("kpp.root");
        Path place = folder != null && kind.equals("runtimes")
                ? folder
                : root == null ? null : Path.of(root, "conformance", kind);
        if (place == null || place != folder && !Files.isDirectory(place)) {
            return List.of();
        }
        try {
            return ForeignRuntime.in(place);
        } catch (IOException e) {
            throw new Failure(
                    "%s: expected a folder of runtimes, found that it cannot be read (%s)"
                            .formatted(place, e.getMessage()),
                    e);
        }
    }

    /** Whether runtimes may be installed. */
    boolean install() {
        return install;
    }

    /** Whether all of them must run. */
    boolean require() {
        return require;
    }
}
