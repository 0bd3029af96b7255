package io.kanerva.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * The shell wrapper in a project of empty modules, with stand-ins for Java and Maven that say what they were asked to
 * do.
 */
@DisabledOnOs(OS.WINDOWS)
class WrapperTest {
    @TempDir
    private Path folder;

    private Path project;
    private Path programs;

    @BeforeEach
    void layOutAProject() throws IOException {
        project = Files.createDirectories(folder.resolve("a project"));
        programs = Files.createDirectories(folder.resolve("jdk/bin"));
        Instant past = Instant.now().minusSeconds(3600);
        for (String module : List.of("trainer", "exporter", "runtime", "models", "conformance", "tools")) {
            Files.createDirectories(project.resolve(module + "/src/main"));
            touch(Files.createFile(project.resolve(module + "/pom.xml")), past);
            touch(project.resolve(module + "/src/main"), past);
        }
        touch(Files.createFile(project.resolve("pom.xml")), past);
        touch(Files.createDirectories(project.resolve("models/bundles")), past);
        Files.copy(Path.of("kpp").toAbsolutePath(), project.resolve("tools/kpp"), StandardCopyOption.COPY_ATTRIBUTES);
        program("java", """
                [ "$1" = -version ] && { echo 'openjdk version "17.0.9" 2023-10-17' >&2; exit; }
                printf '%s\\n' "$@"
                """);
        program("mvn", """
                for module in trainer exporter runtime models conformance tools; do
                    mkdir -p $module/target && touch $module/target/kanerva-$module-1.jar
                done
                printf '/jars/picocli.jar:%s/trainer/target/kanerva-trainer-1.jar:/jars/djl.jar' "$PWD" > tools/target/class-path.txt
                """);
    }

    @Test
    void buildsOnceAndHandsTheArgumentsOn() throws Exception {
        Run first = kpp(project.resolve("tools/kpp"), "info", "two words");
        assertThat(first.lines())
                .contains(
                        "kpp: building (the first time, Maven fetches what is needed: some minutes)",
                        "io.kanerva.tools.Kpp",
                        "info",
                        "two words");
        assertThat(first.lines())
                .anyMatch(line ->
                        line.matches(".*/a project/tools/target/kpp-\\w{6}/\\*:/jars/picocli\\.jar:/jars/djl\\.jar"));
        assertThat(first.exitCode()).isZero();
        Run second = kpp(project.resolve("tools/kpp"), "--version");
        assertThat(second.lines()).noneMatch(line -> line.contains("building")).contains("--version");
    }

    @Test
    void buildsAgainWhenASourceIsNewer() throws Exception {
        kpp(project.resolve("tools/kpp"));
        touch(
                Files.createFile(project.resolve("runtime/src/main/New.java")),
                Instant.now().plusSeconds(5));
        assertThat(kpp(project.resolve("tools/kpp")).lines()).anyMatch(line -> line.startsWith("kpp: building"));
    }

    @Test
    void leavesTheJarsOfARunningCommandAloneWhenItBuildsAgain() throws Exception {
        kpp(project.resolve("tools/kpp"));
        Path before = Path.of(
                Files.readString(project.resolve("tools/target/kpp-current")).strip());
        touch(project.resolve("pom.xml"), Instant.now().plusSeconds(5));
        kpp(project.resolve("tools/kpp"));
        assertThat(Path.of(Files.readString(project.resolve("tools/target/kpp-current"))
                        .strip()))
                .isNotEqualTo(before);
        assertThat(before.resolve("kanerva-trainer-1.jar")).exists();
    }

    @Test
    void declaresNativeAccessAndTheUseOfUnsafeWhereJavaWarnsOfIt() throws Exception {
        Path release = folder.resolve("jdk/release");
        String unsafe = "--sun-misc-unsafe-memory-access=allow";
        Files.writeString(release, "IMPLEMENTOR=\"Debian\"\nJAVA_VERSION=\"21.0.8\"\n");
        assertThat(kpp(project.resolve("tools/kpp")).lines())
                .contains("--enable-native-access=ALL-UNNAMED")
                .doesNotContain(unsafe);
        Files.writeString(release, "JAVA_VERSION=\"25\"\n");
        assertThat(kpp(project.resolve("tools/kpp")).lines()).contains("--enable-native-access=ALL-UNNAMED", unsafe);
    }

    @Test
    void worksThroughLinksFromAnyFolder() throws Exception {
        Path inner = Files.createSymbolicLink(project.resolve("link"), Path.of("tools/kpp"));
        Path outer = Files.createSymbolicLink(folder.resolve("kpp"), inner);
        assertThat(kpp(outer, "info").exitCode()).isZero();
    }

    @Test
    void saysInOneSentenceThatMavenOrJavaIsMissingOrOld() throws Exception {
        Files.delete(programs.resolve("mvn"));
        assertThat(kpp(project.resolve("tools/kpp")))
                .isEqualTo(new Run(1, List.of("kpp: expected Maven to build with, found no 'mvn'")));
        program("java", "echo 'openjdk version \"11.0.2\" 2019-01-15' >&2\n");
        assertThat(kpp(project.resolve("tools/kpp")))
                .isEqualTo(new Run(1, List.of("kpp: expected Java 17 or later, found 'java' of version 11")));
        Files.delete(programs.resolve("java"));
        assertThat(kpp(project.resolve("tools/kpp")))
                .isEqualTo(new Run(1, List.of("kpp: expected Java 17 or later, found no 'java'")));
    }

    @Test
    void saysWhatTheBuildFailedWith() throws Exception {
        program("mvn", "echo '[ERROR] no such artifact'; echo '[ERROR] more'; exit 1\n");
        Run run = kpp(project.resolve("tools/kpp"));
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.lines())
                .last()
                .asString()
                .startsWith("kpp: expected the build to succeed, found: [ERROR] no such artifact (all of it in ");
    }

    private record Run(int exitCode, List<String> lines) {}

    /** Runs the wrapper with nothing on the path but the stand-ins and the tools of every Unix. */
    private Run kpp(Path wrapper, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("bash", wrapper.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        Map<String, String> environment = builder.environment();
        environment.remove("JAVA_HOME");
        environment.remove("KPP_JAVA_OPTIONS");
        environment.put("PATH", programs + ":" + unixTools());
        Process process = builder.start();
        List<String> lines =
                new String(process.getInputStream().readAllBytes()).lines().toList();
        return new Run(process.waitFor(), lines);
    }

    /**
     * A folder of stand-ins for the tools that the wrapper uses, so that the machine's own Java and Maven stay out of
     * reach. Not links: JUnit warns of links that leave its folder.
     */
    private Path unixTools() throws IOException {
        Path tools = folder.resolve("unix");
        if (!Files.exists(tools)) {
            Files.createDirectories(tools);
            for (String tool : List.of(
                    "bash",
                    "cat",
                    "cp",
                    "dirname",
                    "find",
                    "flock",
                    "git",
                    "grep",
                    "head",
                    "mkdir",
                    "mktemp",
                    "mv",
                    "readlink",
                    "rm",
                    "sed",
                    "tail",
                    "touch",
                    "tr")) {
                for (String place : List.of("/usr/bin/", "/bin/")) {
                    if (Files.exists(Path.of(place + tool)) && !Files.exists(tools.resolve(tool))) {
                        executable(tools.resolve(tool), "#!/bin/sh\nexec %s \"$@\"\n".formatted(place + tool));
                    }
                }
            }
        }
        return tools;
    }

    private void program(String name, String script) throws IOException {
        executable(programs.resolve(name), "#!/usr/bin/env bash\n" + script);
    }

    private static void executable(Path file, String script) throws IOException {
        Files.writeString(file, script);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static void touch(Path file, Instant time) throws IOException {
        Files.setLastModifiedTime(file, FileTime.from(time));
    }
}
