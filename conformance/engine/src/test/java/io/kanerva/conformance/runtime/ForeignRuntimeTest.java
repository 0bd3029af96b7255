package io.kanerva.conformance.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kanerva.conformance.runtime.Answer.None;
import io.kanerva.conformance.runtime.Answer.Outputs;
import io.kanerva.conformance.runtime.Readiness.State;
import io.kanerva.onnx.Tensor;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The protocol, with shell scripts as runtimes: they copy their input to their output. */
class ForeignRuntimeTest {
    private static final String COPY =
            "about() { printf 'about\\tcopies\\n'; }\nabout; n=0\nwhile IFS='\t' read -r model in out opt; "
                    + "do\n%s\ncp \"$in/input_0.pb\" \"$out/output_0.pb\"; "
                    + "printf 'done\\t%%d\\n' $n; n=$((n+1)); done < \"$1\"\n";

    @TempDir
    Path temporary;

    private Path inputs;

    @BeforeEach
    void anInput() throws IOException {
        inputs = temporary.resolve("inputs");
        Tensor.of("x", new float[] {1, 2}, 2).write(inputs.resolve("input_0.pb"));
    }

    @Test
    void outputsComeBackInTheOrderOfTheJobs() throws IOException {
        ModelRuntime runtime = runtime("true", "true", "true");
        assertThat(runtime.prepare(true)).isEqualTo(Readiness.READY);
        List<Integer> done = new ArrayList<>();
        List<Answer> answers = runtime.run(jobs(3), done::add);
        assertThat(answers)
                .hasSize(3)
                .allSatisfy(answer -> assertThat(((Outputs) answer).outputs())
                        .singleElement()
                        .satisfies(tensor -> assertThat(tensor.floats()).containsExactly(1, 2)));
        assertThat(done).containsExactly(1, 2, 3);
        assertThat(runtime.about()).isEqualTo("copies");
    }

    @Test
    void repeatsOfAJobShareAFolderSoThatTheirOutputsAreNotKept() throws IOException {
        ModelRuntime runtime = runtime("true", "true", "echo \"$out\" >> folders");
        Job again = job(false).again();
        List<Answer> answers = runtime.run(List.of(job(false), again, again, again, job(false), again), n -> {});
        assertThat(answers)
                .extracting(answer -> ((Outputs) answer).outputs().size())
                .containsExactly(1, 0, 0, 0, 1, 0);
        List<String> folders = Files.readAllLines(temporary.resolve("runtimes/copy/folders"));
        assertThat(folders).hasSize(6);
        assertThat(folders.subList(1, 4)).containsOnly(folders.get(1));
        assertThat(folders.stream().distinct()).hasSize(4);
    }

    @Test
    void anotherJvmReportsEachRunOfATimedJobWhenItEndsAndKeepsTheOutputsOfTwo() throws IOException {
        String line = "model.onnx\t%s\t%s\toff\n";
        String repeat = line.formatted(inputs, temporary.resolve("repeats"));
        Path list = temporary.resolve("jobs.txt");
        Files.writeString(list, line.formatted(inputs, temporary.resolve("first")) + repeat + repeat + repeat);
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        List<Boolean> timed = new ArrayList<>();
        ModelRuntime runtime = new ModelRuntime() {
            @Override
            public Description description() {
                return JavaRuntime.CPU.description();
            }

            @Override
            public String about() {
                return "a";
            }

            @Override
            public List<Answer> run(List<Job> jobs, IntConsumer progress) {
                throw new AssertionError("expected answers one by one");
            }

            @Override
            public void answer(List<Job> jobs, Consumer<Answer> each) {
                jobs.forEach(job -> {
                    each.accept(new Outputs(List.of(Tensor.of("y", new float[] {1}, 1)), 2));
                    timed.add(job.timed());
                    assertThat(said.toString(StandardCharsets.UTF_8))
                            .endsWith("done\t%d\t2.0%n".formatted(timed.size() - 1));
                });
            }
        };
        PrintStream before = System.out;
        System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
        try {
            RunJobs.serve(runtime, list);
        } finally {
            System.setOut(before);
        }
        assertThat(timed).containsExactly(false, false, true, true);
    }

    @Test
    void aCaseThatFailsIsToldWithItsReasonAndTheRestGoesOn() throws IOException {
        List<Answer> answers = runtime(
                        "true",
                        "true",
                        "if [ $n = 1 ]; then printf 'failed\\t1\\tno such operator\\n'; n=$((n+1)); continue; fi")
                .run(jobs(3), n -> {});
        assertThat(answers.get(0)).isInstanceOf(Outputs.class);
        assertThat(answers.get(1)).isEqualTo(new None(false, "no such operator"));
        assertThat(answers.get(2)).isInstanceOf(Outputs.class);
    }

    @Test
    void aProcessThatDiesHasCrashedOnOneCaseAndIsStartedAgainForTheRest() throws IOException {
        List<Answer> answers = runtime(
                        "true", "true", "case $opt in on) echo 'out of everything' >&2; kill -SEGV $$;; esac")
                .run(List.of(job(false), job(true), job(false)), n -> {});
        assertThat(answers.get(0)).isInstanceOf(Outputs.class);
        assertThat(answers.get(1)).isEqualTo(new None(true, "the process ended with status 139: out of everything"));
        assertThat(answers.get(2)).isInstanceOf(Outputs.class);
    }

    @Test
    void whatOurAdapterCannotPassIsToldFromWhatTheEngineRefuses() throws IOException {
        List<Answer> answers = runtime(
                        "true",
                        "true",
                        "if [ $n = 1 ]; then printf 'cannot\\t1\\tno strings\\n'; n=$((n+1)); continue; fi")
                .run(jobs(3), n -> {});
        assertThat(answers.get(1)).isEqualTo(new None(None.Kind.ADAPTER, "no strings"));
        assertThat(answers.get(2)).isInstanceOf(Outputs.class);
    }

    @Test
    void aProcessThatHangsCostsOneJobAndTwoHangsTheRest() throws IOException {
        // The child of the shell holds the pipe, so it has to be killed too.
        runtime("true", "true", "if [ $n = 1 ]; then sleep 600; fi");
        Path folder = temporary.resolve("runtimes");
        List<Answer> answers = ForeignRuntime.in(folder, 1).get(0).run(jobs(5), n -> {});
        None hang = new None(true, "the process reported nothing for 1 s");
        assertThat(answers.get(0)).isInstanceOf(Outputs.class);
        assertThat(answers.get(1)).isEqualTo(hang);
        assertThat(answers.get(2)).isInstanceOf(Outputs.class); // by the process that was started again
        assertThat(answers.get(3)).isEqualTo(hang); // its second job, too
        assertThat(answers.get(4)).isInstanceOf(Outputs.class);
        script("run", "about() { printf 'about\\thangs\\n'; }\nabout; echo x >> starts; sleep 600\n");
        assertThat(ForeignRuntime.in(folder, 1).get(0).run(jobs(5), n -> {}))
                .hasSize(5)
                .containsOnly(hang);
        assertThat(Files.readAllLines(folder.resolve("copy/starts"))).hasSize(2);
    }

    @Test
    void aProcessThatDoesNotEvenStartIsNotStartedForEachCase() throws IOException {
        Path script = script("run", "echo x >> starts; echo 'no library' >&2; exit 3\n");
        ModelRuntime runtime = find(manifest("true", "true"));
        List<Answer> answers = runtime.run(jobs(4), n -> {});
        assertThat(answers)
                .hasSize(4)
                .allSatisfy(answer ->
                        assertThat(((None) answer).why()).isEqualTo("the process ended with status 3: no library"));
        assertThat(Files.readAllLines(script.resolveSibling("starts"))).hasSize(1);
    }

    @Test
    void aProcessThatIsToldToEndTakesItsRuntimesAndTheirFilesWithIt() throws Exception {
        script("run", "printf 'about\\tsleeps\\n'; printf 'done\\t0\\n'; exec sleep 600\n");
        Path files = Files.createDirectories(temporary.resolve("files"));
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Djava.io.tmpdir=" + files,
                        "-cp",
                        System.getProperty("java.class.path"),
                        ForeignRuntimeTest.class.getName(),
                        manifest("true", "true").getParent().toString(),
                        inputs.toString())
                .redirectErrorStream(true)
                .start();
        try (BufferedReader said = process.inputReader()) {
            assertThat(said.readLine()).isEqualTo("1 done");
            List<ProcessHandle> children = process.descendants().toList();
            assertThat(children).isNotEmpty();
            assertThat(files).isNotEmptyDirectory();
            process.destroy();
            assertThat(process.waitFor()).isNotZero();
            assertThat(children)
                    .allSatisfy(child ->
                            assertThat(child.onExit().get(60, TimeUnit.SECONDS)).isNotNull());
            assertThat(files).isEmptyDirectory();
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    @Test
    void aSecondProcessWaitsForTheOneThatInstallsAndDoesNotInstallAgain() throws Exception {
        Path folder = script("setup", "echo x >> target/times; read word < target/go\n")
                .getParent();
        ModelRuntime runtime = find(manifest("true", "./setup"));
        Path target = Files.createDirectories(folder.resolve("target"));
        new ProcessBuilder("mkfifo", "go").directory(target.toFile()).start().waitFor();
        Process other = java(folder.toString());
        try {
            while (!Files.exists(target.resolve("times")) && !other.waitFor(10, TimeUnit.MILLISECONDS)) {
                assertThat(runtime.prepare(false).state()).isEqualTo(State.NOT_INSTALLED);
            }
            try (FileChannel stamp = FileChannel.open(folder.resolve(".installed"), StandardOpenOption.WRITE)) {
                assertThat(stamp.tryLock()).isNull();
            }
            Files.writeString(target.resolve("go"), "now\n", StandardOpenOption.WRITE);
            assertThat(runtime.prepare(true)).isEqualTo(Readiness.READY);
            assertThat(other.waitFor()).isZero();
            assertThat(Files.readAllLines(target.resolve("times"))).hasSize(1);
        } finally {
            other.destroyForcibly();
        }
    }

    @Test
    void aSecondThreadWaitsForTheOneThatInstallsAndDoesNotInstallAgain() throws Exception {
        Path folder = script("setup", "echo x >> target/times; read word < target/go\n")
                .getParent();
        ModelRuntime runtime = find(manifest("true", "./setup"));
        Path target = Files.createDirectories(folder.resolve("target"));
        new ProcessBuilder("mkfifo", "go").directory(target.toFile()).start().waitFor();
        FutureTask<Readiness> first = new FutureTask<>(() -> runtime.prepare(true));
        new Thread(first).start();
        while (!Files.exists(target.resolve("times")) && !first.isDone()) {
            Thread.onSpinWait();
        }
        // By another path to the folder.
        Path link = Files.createSymbolicLink(temporary.resolve("link"), folder.getParent());
        ModelRuntime same = find(link.resolve(folder.getFileName()));
        FutureTask<Readiness> second = new FutureTask<>(() -> same.prepare(true));
        Thread waiting = new Thread(second);
        waiting.start();
        while (waiting.getState() != Thread.State.BLOCKED && !second.isDone()) {
            Thread.onSpinWait();
        }
        Files.writeString(target.resolve("go"), "now\n", StandardOpenOption.WRITE);
        assertThat(first.get()).isEqualTo(Readiness.READY);
        assertThat(second.get()).isEqualTo(Readiness.READY);
        assertThat(Files.readAllLines(target.resolve("times"))).hasSize(1);
    }

    private static Process java(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                ForeignRuntimeTest.class.getName()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    /** Runs some jobs on the first runtime of a folder, and says when one is done; or installs a runtime. */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length == 1) {
            Readiness readiness = ForeignRuntime.install(Path.of(arguments[0]), () -> false);
            System.exit(readiness.equals(Readiness.READY) ? 0 : 1);
        }
        Job job = new Job(Path.of("model.onnx"), Path.of(arguments[1]), false);
        ForeignRuntime.in(Path.of(arguments[0]))
                .get(0)
                .run(List.of(job, job, job, job), done -> System.out.println(done + " done"));
    }

    @Test
    void aCommandThatIsNoProgramKeepsNoOtherRuntimeFromBeingCompared() throws IOException {
        List<Answer> answers = find(manifest("true", "true")).run(jobs(2), n -> {});
        assertThat(answers)
                .hasSize(2)
                .allSatisfy(
                        answer -> assertThat(((None) answer).why()).matches("the command '.*run' cannot be started"));
    }

    @Test
    void coloursAndControlCharactersOfATerminalAreLeftOutOfWhatItSays() throws IOException {
        ModelRuntime runtime = runtime(
                "true",
                "true",
                "case $n in 1) printf 'failed\\t1\\tno \\033[1;31mluck\\033[0m\\010\\n'; n=2; continue;; 2) "
                        + "printf '\\033[31mgone\\001\\n' >&2; exit 4;; esac");
        List<Answer> answers = runtime.run(jobs(3), n -> {});
        assertThat(answers.subList(1, 3))
                .containsExactly(new None(false, "no luck"), new None(true, "the process ended with status 4: gone"));
    }

    @Test
    void whatItNeedsIsLookedForEvenIfNothingMustBeInstalled() throws IOException {
        Path folder = manifest("no-such-toolchain", "true");
        Path file = folder.resolve("runtime.json");
        Files.writeString(file, Files.readString(file).replace("[\"true\"]", "[]"));
        assertThat(find(folder).prepare(false).why())
                .isEqualTo("expected the command 'no-such-toolchain' on this machine, found none that runs");
    }

    @Test
    void aDescriptionWithAnUnknownDeviceOrSwitchIsNamed() throws IOException {
        Path folder = manifest("true", "true");
        Path file = folder.resolve("runtime.json");
        String good = Files.readString(file);
        Files.writeString(file, good.replace("\"cpu\"", "\"gpu9\""));
        assertThatThrownBy(() -> find(folder))
                .hasMessageEndingWith("runtime.json: 'device': expected cpu or wasm or webgpu or cuda, found gpu9");
        Files.writeString(file, good.replace("\"on\"", "\"maybe\""));
        assertThatThrownBy(() -> find(folder))
                .hasMessageEndingWith("runtime.json: 'optimisations': expected off, on or both, found [off, maybe]");
        Files.writeString(file, good.replace("[\"./run\"]", "[]"));
        assertThatThrownBy(() -> find(folder))
                .hasMessageEndingWith("runtime.json: 'run': expected a command, found []");
    }

    @Test
    void aCommandThatTheMachineLacksIsNamed() throws IOException {
        assertThat(runtime("no-such-toolchain", "true", "true").prepare(true))
                .isEqualTo(new Readiness(
                        State.ABSENT,
                        "expected the command 'no-such-toolchain' on this machine, found none that runs"));
    }

    @Test
    void itIsInstalledOnlyWhenAskedAndAgainWhenItsFolderChanges() throws IOException {
        ModelRuntime runtime = runtime("true", "./setup", "true");
        Path setup = script("setup", "echo x >> target/times\n");
        Files.createDirectories(setup.resolveSibling("target"));
        assertThat(runtime.prepare(false).state()).isEqualTo(State.NOT_INSTALLED);
        assertThat(runtime.prepare(true)).isEqualTo(Readiness.READY);
        assertThat(runtime.prepare(false)).isEqualTo(Readiness.READY);
        assertThat(runtime.prepare(true)).isEqualTo(Readiness.READY);
        assertThat(Files.readAllLines(setup.resolveSibling("target/times"))).hasSize(1);
        Files.writeString(setup.resolveSibling("lock"), "another version");
        assertThat(runtime.prepare(false).state()).isEqualTo(State.NOT_INSTALLED);
    }

    @Test
    void itIsInstalledAgainWhenAFileBesideItsFolderChangesThatTheSetupRuns() throws IOException {
        ModelRuntime runtime = runtime("true", "../packages", "true");
        Path packages = Files.move(script("setup", "true\n"), temporary.resolve("runtimes/packages"));
        assertThat(runtime.prepare(true)).isEqualTo(Readiness.READY);
        assertThat(runtime.prepare(false)).isEqualTo(Readiness.READY);
        Files.writeString(packages, "#!/bin/sh\nexit 0\n");
        assertThat(runtime.prepare(false).state()).isEqualTo(State.NOT_INSTALLED);
    }

    @Test
    void filesThatAreThereAreNotInstalledUnlessASetupOfThemFailed() throws IOException {
        Path folder = manifest("true", "./setup");
        script("setup", "test ! -e broken && echo x >> target/file\n");
        Path file = Files.createDirectories(folder.resolve("target")).resolve("file");
        Files.writeString(file, "someone else's\n");
        assertThat(install(folder, file)).isEqualTo(State.READY);
        assertThat(file).hasContent("someone else's");
        assertThat(find(folder).prepare(false).state()).isEqualTo(State.NOT_INSTALLED);

        Files.delete(file);
        assertThat(install(folder, file)).isEqualTo(State.READY);
        Files.delete(file); // and its stamp stays
        assertThat(install(folder, file)).isEqualTo(State.READY);
        assertThat(file).hasContent("x");

        Files.delete(file);
        Path broken = Files.createFile(folder.resolve("broken"));
        assertThat(install(folder, file)).isEqualTo(State.FAILED);
        Files.delete(broken);
        Files.writeString(file, "half a file\n");
        assertThat(install(folder, file)).isEqualTo(State.READY);
        assertThat(file).hasContent("half a file\nx");
    }

    private static State install(Path folder, Path file) throws IOException {
        return ForeignRuntime.install(folder, () -> Files.exists(file)).state();
    }

    @Test
    void anotherVersionOfAnEngineIsSetUpInAFolderOfItsOwnWithTheFilesThatRuntimesShare() throws IOException {
        runtime("true", "./setup", "cat ../shared.txt >> used");
        Path folder = temporary.resolve("runtimes");
        Files.writeString(folder.resolve("shared.txt"), "shared\n");
        script("setup", "echo \"$1\" > version\n");
        Path manifest = folder.resolve("copy/runtime.json");
        Files.writeString(
                manifest,
                Files.readString(manifest)
                        .replace("\"run\"", "\"setupVersion\": [\"./setup\", \"{version}\"], \"run\""));
        ModelRuntime old = ForeignRuntime.ofVersion(folder, "copy@0.9.1", 60);
        assertThat(old.description().engine()).isEqualTo("copy 0.9.1");
        assertThat(old.description().title()).isEqualTo("Copy 0.9.1");
        assertThat(old.prepare(true)).isEqualTo(Readiness.READY);
        assertThat(old.run(jobs(1), n -> {})).singleElement().isInstanceOf(Outputs.class);
        Path own = folder.resolve(".versions/copy@0.9.1");
        assertThat(own.resolve("version")).hasContent("0.9.1");
        assertThat(own.resolve("used")).hasContent("shared");
        assertThat(folder.resolve("copy/used")).doesNotExist();
        assertThat(ForeignRuntime.in(folder)).extracting(ModelRuntime::name).containsExactly("copy");
    }

    @Test
    void aVersionThatCannotBeChosenIsNamed() throws IOException {
        Path folder = manifest("true", "true").getParent();
        assertThatThrownBy(() -> ForeignRuntime.ofVersion(folder, "copy@2", 60))
                .hasMessage(
                        "'copy@2': expected a runtime whose version can be chosen, found one that has version 1 only");
        assertThatThrownBy(() -> ForeignRuntime.ofVersion(folder, "paste@2", 60))
                .hasMessage("'paste@2': expected NAME@VERSION of a runtime in %s, found no runtime 'paste'", folder);
        assertThatThrownBy(() -> ForeignRuntime.ofVersion(folder, "copy@../2", 60))
                .hasMessage("'copy@../2': expected a version after '@', such as 1.16.3, found '../2'");
    }

    @Test
    void anInstallationThatFailsGivesItsLastWords() throws IOException {
        ModelRuntime runtime = runtime("true", "./setup", "true");
        script("setup", "echo 'the registry cannot be reached'; exit 1\n");
        assertThat(runtime.prepare(true))
                .isEqualTo(new Readiness(State.FAILED, "installing it failed: the registry cannot be reached"));
    }

    @Test
    void aDescriptionThatCannotBeUnderstoodIsNamed() throws IOException {
        Path folder = Files.createDirectories(temporary.resolve("runtimes/broken"));
        Files.writeString(folder.resolve("runtime.json"), "{\"title\": \"x\"}");
        assertThatThrownBy(() -> ForeignRuntime.in(folder.getParent()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("runtime.json: expected a runtime's description, found a malformed one: "
                        + "Missing required creator property 'engine'");
    }

    private List<Job> jobs(int count) {
        return IntStream.range(0, count).mapToObj(i -> job(false)).toList();
    }

    private Job job(boolean optimised) {
        return new Job(temporary.resolve("model.onnx"), inputs, optimised);
    }

    private ModelRuntime runtime(String need, String setup, String each) throws IOException {
        script("run", COPY.formatted(each));
        return find(manifest(need, setup));
    }

    private ModelRuntime find(Path folder) throws IOException {
        return ForeignRuntime.in(folder.getParent()).get(0);
    }

    private Path manifest(String need, String setup) throws IOException {
        Path folder = Files.createDirectories(temporary.resolve("runtimes/copy"));
        Files.writeString(folder.resolve("runtime.json"), """
                {"title": "Copy", "engine": "copy 1", "device": "cpu", "optimisations": ["off", "on"], "needs": [["%s"]], "setup": ["%s"], "run": ["./run"]}
                """.formatted(need, setup));
        return folder;
    }

    private Path script(String name, String text) throws IOException {
        Path folder = Files.createDirectories(temporary.resolve("runtimes/copy"));
        Path file = Files.writeString(folder.resolve(name), "#!/bin/sh\n" + text);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
