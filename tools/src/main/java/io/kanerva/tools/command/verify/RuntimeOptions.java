package io.kanerva.tools.command.verify;

import io.kanerva.conformance.check.Finding;
import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.runtime.ForeignRuntime;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.Readiness;
import io.kanerva.tools.Failure;
import io.kanerva.tools.command.Positive;
import io.kanerva.tools.command.Subcommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** The runtimes that are compared. */
final class RuntimeOptions {
    @Option(
            names = "--runtimes",
            paramLabel = "NAMES",
            split = ",",
            order = 20,
            description = "Names of the runtimes to compare, and of clients for the pipelines of a bundle, separated "
                    + "by commas; NAME@VERSION, such as onnxruntime-python@1.16.3, is the same in another version, "
                    + "in a folder of its own. One that is named and cannot be set up or started fails the check. "
                    + "Default: all on this machine that are not optional.")
    private List<String> names;

    @Option(
            names = "--runtimes-folder",
            paramLabel = "DIR",
            order = 21,
            description = "Folder of the runtimes in other languages. Default: conformance/runtimes of this checkout.")
    private Path folder;

    @Option(names = "--install", order = 22, description = "Install missing runtimes from their package registries.")
    private boolean install;

    @Option(
            names = "--require",
            order = 23,
            description = "Fail if a runtime is missing, or its engine cannot run a model. Default: report it and "
                    + "continue, unless --runtimes names the one that is missing.")
    private boolean require;

    @Option(
            names = "--require-adapters",
            order = 24,
            description =
                    "Fail if an adapter of kpp cannot pass a model's inputs or outputs, for kpp's own CI. Default: "
                            + "report it and continue.")
    private boolean requireAdapters;

    @Option(
            names = "--silence",
            paramLabel = "SECONDS",
            converter = Positive.class,
            defaultValue = "300",
            order = 25,
            description = "A runtime that reports nothing for this long is killed and counts as crashed on that model. "
                    + "Default: ${DEFAULT-VALUE}.")
    private int silence;

    /**
     * The runtimes, including those that cannot run.
     *
     * @param clients whether {@code --runtimes} may name clients, which {@link #clients()} then finds
     * @param others further runtimes of the subject
     */
    List<ModelRuntime> find(Subcommand action, boolean clients, ModelRuntime... others) {
        List<ModelRuntime> all = new ArrayList<>(List.of(JavaRuntime.CPU, JavaRuntime.CUDA));
        all.addAll(List.of(others));
        all.addAll(foreign("runtimes"));
        if (names == null) {
            List<String> optional = all.stream()
                    .filter(RuntimeOptions::isOptional)
                    .map(ModelRuntime::name)
                    .toList();
            if (!optional.isEmpty()) {
                action.terminal().status("compared only if --runtimes names them: " + String.join(", ", optional));
            }
            return all.stream().filter(runtime -> !isOptional(runtime)).toList();
        }
        List<String> known = Stream.concat(all.stream(), clients ? foreign("clients").stream() : Stream.of())
                .map(ModelRuntime::name)
                .toList();
        for (String name : names) {
            if (name.contains("@")) {
                all.add(ofVersion(action, name));
            } else if (!known.contains(name)) {
                throw action.usage("Invalid value for option '--runtimes': expected some of %s, found '%s'"
                        .formatted(String.join(", ", known), name));
            }
        }
        return all.stream().filter(runtime -> names.contains(runtime.name())).toList();
    }

    private static boolean isOptional(ModelRuntime runtime) {
        return runtime instanceof ForeignRuntime foreign && foreign.isOptional();
    }

    /** The names of all runtimes and clients that may be compared, and those chosen in another version. */
    Set<String> known() {
        Set<String> known = new TreeSet<>(List.of(JavaRuntime.CPU.name(), JavaRuntime.CUDA.name()));
        Stream.concat(foreign("runtimes").stream(), foreign("clients").stream())
                .map(ModelRuntime::name)
                .forEach(known::add);
        if (names != null) {
            known.addAll(names);
        }
        return known;
    }

    /** The clients in other languages, which run whole pipelines on bundles: those chosen by name, or all. */
    List<ModelRuntime> clients() {
        return foreign("clients").stream()
                .filter(client -> names == null || names.contains(client.name()))
                .toList();
    }

    private ModelRuntime ofVersion(Subcommand action, String name) {
        Path place = place("runtimes");
        try {
            if (place == null) {
                throw new IOException(
                        "'%s': expected a folder of runtimes, found none; --runtimes-folder names one".formatted(name));
            }
            return ForeignRuntime.ofVersion(place, name, silence);
        } catch (IOException e) {
            throw action.usage("Invalid value for option '--runtimes': " + e.getMessage());
        }
    }

    private Path place(String kind) {
        String root = System.getProperty("kpp.root");
        return folder != null && kind.equals("runtimes")
                ? folder
                : root == null ? null : Path.of(root, "conformance", kind);
    }

    private List<ModelRuntime> foreign(String kind) {
        Path place = place(kind);
        if (place == null || place != folder && !Files.isDirectory(place)) {
            return List.of();
        }
        try {
            return ForeignRuntime.in(place, silence);
        } catch (IOException e) {
            throw new Failure(
                    "%s: expected a folder of runtimes, found an unreadable one (%s)".formatted(place, e.getMessage()),
                    e);
        }
    }

    /** How many seconds a runtime may report nothing. */
    int silence() {
        return silence;
    }

    /**
     * Fails if what must run could not: because of an engine, or because of an adapter.
     *
     * @param all whether every runtime must run everything, whatever the options say
     */
    void requireOutputs(Findings findings, boolean all) {
        for (Finding finding : findings.unable()) {
            if (all || (finding.outcome() == Finding.Outcome.CANNOT_RUN ? require : requireAdapters)) {
                throw new Failure(finding.describe());
            }
        }
    }

    /** Whether runtimes may be installed. */
    boolean install() {
        return install;
    }

    /** Fails if all runtimes must run, or this one was asked for, and it cannot. */
    void requireReady(String name, Readiness readiness) {
        if ((require || names != null && names.contains(name)) && readiness.state() != Readiness.State.READY) {
            throw new Failure(
                    "%s: expected a runtime that runs, found one that does not (%s)".formatted(name, readiness.why()));
        }
    }
}
