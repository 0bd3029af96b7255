package io.kanerva.conformance.runtime;

import io.kanerva.conformance.runtime.Answer.None;
import io.kanerva.conformance.runtime.Readiness.State;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import java.util.stream.Stream;

/**
 * A runtime in a folder that runs as a separate process; {@code conformance/runtimes/README.md} describes the protocol.
 */
public final class ForeignRuntime implements ModelRuntime {
    private static final String VERSIONS = ".versions";
    private static final Map<List<String>, Boolean> HERE = new ConcurrentHashMap<>();
    private static final long VERSION_SECONDS = 60;
    /** After this many hangs in a row, a runtime is not started for the remaining jobs. */
    private static final int MAX_HANGS = 2;

    /** How long a runtime may report nothing, unless another time is given. */
    public static final long SILENCE_SECONDS = 300;

    private final Description description;
    private final Path folder;
    private final Manifest manifest;
    private final long silenceSeconds;
    private Map<String, String> environment = Map.of();
    private String about = "";

    private ForeignRuntime(String name, Path folder, Manifest manifest, long silenceSeconds) {
        description = manifest.describe(name);
        this.folder = folder;
        this.manifest = manifest;
        this.silenceSeconds = silenceSeconds;
    }

    /**
     * All runtimes with a subfolder in this folder, by name.
     *
     * @throws IOException if it cannot be read, or a description in it is malformed
     */
    public static List<ModelRuntime> in(Path folder) throws IOException {
        return in(folder, SILENCE_SECONDS);
    }

    /**
     * The same, with another limit for hanging.
     *
     * @param silenceSeconds a runtime that reports nothing for this long is killed and counts as crashed on that job
     */
    public static List<ModelRuntime> in(Path folder, long silenceSeconds) throws IOException {
        List<Path> folders;
        try (Stream<Path> children = Files.list(folder)) {
            folders = children.filter(child -> Files.isRegularFile(child.resolve(Manifest.FILE)))
                    .sorted()
                    .toList();
        }
        List<ModelRuntime> runtimes = new ArrayList<>();
        for (Path child : folders) {
            runtimes.add(
                    new ForeignRuntime(child.getFileName().toString(), child, Manifest.read(child), silenceSeconds));
        }
        return runtimes;
    }

    /**
     * A runtime of a folder with another version of its engine, in a folder of its own: {@code NAME@VERSION} in
     * {@value #VERSIONS}, which gets copies of the runtime's files and of those that runtimes share.
     *
     * @param folder that holds the runtime's folder
     * @param name for example {@code onnxruntime-python@1.16.3}
     * @param silenceSeconds a runtime that reports nothing for this long is killed and counts as crashed on that job
     * @throws IOException if there is no such runtime, its version cannot be chosen, or the files cannot be written;
     *     the message is one sentence
     */
    public static ModelRuntime ofVersion(Path folder, String name, long silenceSeconds) throws IOException {
        String[] parts = name.split("@", 2);
        Path source = folder.resolve(parts[0]);
        if (!parts[0].matches("[\\w-]+") || !Files.isRegularFile(source.resolve(Manifest.FILE))) {
            throw new IOException("'%s': expected NAME@VERSION of a runtime in %s, found no runtime '%s'"
                    .formatted(name, folder, parts[0]));
        }
        if (!parts[1].matches("[0-9][\\w.+-]*")) {
            throw new IOException(
                    "'%s': expected a version after '@', such as 1.16.3, found '%s'".formatted(name, parts[1]));
        }
        Manifest manifest = Manifest.read(source);
        if (manifest.setupVersion() == null) {
            throw new IOException(
                    "'%s': expected a runtime whose version can be chosen, found one that has version %s only"
                            .formatted(
                                    name,
                                    manifest.engine()
                                            .substring(manifest.engine().lastIndexOf(' ') + 1)));
        }
        Path versions = folder.resolve(VERSIONS);
        Path own = Files.createDirectories(versions.resolve(name));
        try (Stream<Path> shared = Files.list(folder)) {
            for (Path file : shared.filter(Files::isRegularFile).toList()) {
                copy(file, versions.resolve(file.getFileName()));
            }
        }
        for (Path file : Installation.sources(source)) {
            copy(file, own.resolve(source.relativize(file)));
        }
        return new ForeignRuntime(name, own, manifest.at(parts[1]), silenceSeconds);
    }

    /** Whether it is compared only where it is named. */
    public boolean isOptional() {
        return manifest.optional();
    }

    /** Whether passes of its optimiser can be switched off. */
    public boolean switchesPasses() {
        return manifest.switchesPasses();
    }

    /** The same runtime without some passes of its optimiser, which can be switched off. */
    public ModelRuntime withoutPasses(List<String> passes) {
        ForeignRuntime other = new ForeignRuntime(name(), folder, manifest, silenceSeconds);
        other.environment = Map.of(JavaRuntime.WITHOUT_PASSES, String.join(";", passes));
        return other;
    }

    /** Copies a file unless the copy is up to date, so that a running program keeps its own. */
    private static void copy(Path file, Path target) throws IOException {
        if (!Files.exists(target) || Files.mismatch(file, target) >= 0) {
            Files.createDirectories(target.getParent());
            Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
        }
    }

    /**
     * ONNX Runtime's Java API in a separate process, for models that may crash it.
     *
     * @param name of the runtime
     */
    public static ModelRuntime separateJava(String name, Path scratch, long silenceSeconds) {
        Description java = JavaRuntime.CPU.description();
        return new ForeignRuntime(
                name,
                scratch,
                new Manifest(
                        java.title() + (name.equals(java.name()) ? "" : ", own process"),
                        java.engine(),
                        java.device(),
                        List.of("off", "on"),
                        false,
                        List.of(),
                        List.of(),
                        null,
                        true,
                        false,
                        List.of(
                                "{java}",
                                // It ends too soon for the optimising compiler to pay off.
                                "-XX:TieredStopAtLevel=1",
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                "{classpath}",
                                RunJobs.class.getName())),
                silenceSeconds);
    }

    @Override
    public Description description() {
        return description;
    }

    @Override
    public String about() {
        return about;
    }

    @Override
    public Readiness prepare(boolean install) {
        try {
            Path log = Files.createTempFile("runtime", ".log");
            try {
                for (List<String> need : manifest.needs()) {
                    if (!isHere(need, log)) {
                        return new Readiness(
                                State.ABSENT,
                                "expected the command '%s' on this machine, found none that runs"
                                        .formatted(need.get(0)));
                    }
                }
                return manifest.setup().isEmpty()
                        ? Readiness.READY
                        : new Installation(folder, manifest.setup(), null).make(install, log);
            } finally {
                Files.deleteIfExists(log);
            }
        } catch (IOException e) {
            return new Readiness(State.FAILED, "its folder cannot be used: " + e);
        }
    }

    /**
     * Sets up the runtime of a folder for its files alone, whether or not this machine has all that it needs to run.
     *
     * @param complete whether the wanted files are there, in which case nothing is done
     * @throws IOException if the folder has no runtime's description, or cannot be written
     */
    public static Readiness install(Path folder, BooleanSupplier complete) throws IOException {
        Path log = Files.createTempFile("runtime", ".log");
        try {
            return new Installation(folder, Manifest.read(folder).setup(), complete).make(true, log);
        } finally {
            Files.deleteIfExists(log);
        }
    }

    /** Whether a command runs, which does not change while this process does. */
    private boolean isHere(List<String> command, Path log) {
        boolean ofFolder = command.get(0).contains("/");
        return ofFolder ? runs(command, log) : HERE.computeIfAbsent(command, one -> runs(one, log));
    }

    private boolean runs(List<String> command, Path log) {
        return Command.run(Command.of(folder, command), log, VERSION_SECONDS) == 0;
    }

    @Override
    public List<Answer> run(List<Job> jobs, IntConsumer progress) {
        try (TemporaryFolder temporary = new TemporaryFolder("conformance-" + name())) {
            List<Answer> answers = new ArrayList<>();
            int hangs = 0;
            while (answers.size() < jobs.size()) {
                int before = answers.size();
                try (JobProcess process = start(temporary, jobs, before)) {
                    process.answers(answer -> {
                        answers.add(answer);
                        progress.accept(answers.size());
                    });
                    about = process.about().isEmpty() ? about : process.about();
                    if (answers.size() < jobs.size()) {
                        answers.add(new None(true, process.death()));
                        progress.accept(answers.size());
                    }
                    hangs = process.isSilent() ? answers.size() == before + 1 ? hangs + 1 : 1 : 0;
                    if (hangs == MAX_HANGS || process.about().isEmpty() && answers.size() == before + 1) {
                        // It hangs again or does not even start, so the other jobs would fail too.
                        crashRest(answers, jobs.size(), process.death());
                    }
                } catch (JobProcess.NotStarted e) {
                    crashRest(answers, jobs.size(), e.getMessage());
                }
            }
            return answers;
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "%s: expected a process that runs, found: %s".formatted(name(), e.getMessage()), e);
        }
    }

    private JobProcess start(TemporaryFolder temporary, List<Job> jobs, int first) throws IOException {
        JobProcess[] started = new JobProcess[1];
        temporary.use(() -> {
            List<Path> outputs = outputs(temporary.path(), jobs);
            ProcessBuilder command = Command.of(folder, manifest.run());
            command.environment().putAll(environment);
            started[0] = new JobProcess(
                    command,
                    temporary.path(),
                    jobs.subList(first, jobs.size()),
                    outputs.subList(first, jobs.size()),
                    silenceSeconds);
            return started[0]::stop;
        });
        return started[0];
    }

    private static void crashRest(List<Answer> answers, int count, String why) {
        while (answers.size() < count) {
            answers.add(new None(true, why));
        }
    }

    /** Each job's folder; one for all repeats of a job, since nobody reads what they write. */
    private static List<Path> outputs(Path scratch, List<Job> jobs) throws IOException {
        List<Path> outputs = new ArrayList<>();
        for (int i = 0; i < jobs.size(); i++) {
            boolean again = i > 0 && jobs.get(i).timed() && jobs.get(i).equals(jobs.get(i - 1));
            outputs.add(again ? outputs.get(i - 1) : Files.createDirectories(scratch.resolve(Integer.toString(i))));
        }
        return outputs;
    }
}
