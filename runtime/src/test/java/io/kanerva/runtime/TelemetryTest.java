package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kanerva.runtime.TinyBundle.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What ONNX Runtime's telemetry does to a process that embeds the runtime, in a JVM of its own. */
@Timeout(180)
class TelemetryTest {

    /** No variable that switches telemetry off: ONNX Runtime sends nothing from a continuous integration either. */
    private static final Map<String, String> UNSET = Stream.of(
                    "ORT_DISABLE_TELEMETRY",
                    "ORT_RUNNING_UNIT_TESTS",
                    "CI",
                    "APPVEYOR",
                    "BITBUCKET_BUILD_NUMBER",
                    "BUILDKITE",
                    "CIRCLECI",
                    "CODEBUILD_BUILD_ID",
                    "GITHUB_ACTIONS",
                    "GITLAB_CI",
                    "JENKINS_URL",
                    "TEAMCITY_VERSION",
                    "TF_BUILD",
                    "TRAVIS")
            .collect(Collectors.toMap(Function.identity(), variable -> ""));

    private static final String WARNING = "ONNX Runtime from version 1.29 on reads this machine's id and contacts its "
            + "maker: expected ORT_DISABLE_TELEMETRY=1 in the environment, found none";

    @TempDir
    Path folder;

    @BeforeEach
    void write() {
        new TinyBundle(Kind.HEAP).write(folder);
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    @EnabledForJreRange(max = JRE.JAVA_21)
    void beforeJava22OneWarningSaysWhatToSet() throws Exception {
        String output = ForkedJvm.run(UNSET, List.of("-Xmx64m"), TelemetryTest.class, folder.toString());
        assertThat(output).containsOnlyOnce(WARNING).endsWith("opened twice\n");
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    @EnabledForJreRange(minVersion = 22)
    void fromJava22OnTheVariableIsSetWithoutAWarning() throws Exception {
        String output = ForkedJvm.run(
                UNSET,
                List.of("-Xmx64m", "--enable-native-access=ALL-UNNAMED"),
                TelemetryTest.class,
                folder.toString());
        assertThat(output).isEqualTo("opened twice\n");
    }

    @Test
    void nothingIsSaidWhereTheVariableIsSet() throws Exception {
        assertThat(ForkedJvm.run(List.of("-Xmx64m"), TelemetryTest.class, folder.toString()))
                .isEqualTo("opened twice\n");
    }

    /** The control: without the variable and without the runtime's help, the traces are there. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void noMachineIdIsReadAndNoCollectorAskedFor() throws Exception {
        assumeTrue(canTrace(), "strace");
        boolean isHelped = Runtime.version().feature() >= 22;
        assertThat(traces(Map.of("ORT_DISABLE_TELEMETRY", "1"))).isEmpty();
        if (isHelped) {
            assertThat(traces(UNSET)).isEmpty();
        } else {
            assertThat(traces(UNSET)).isNotEmpty();
        }
    }

    /** The system calls that only telemetry makes. */
    private List<String> traces(Map<String, String> environment) throws Exception {
        Path log = Files.createTempFile(folder, "trace", ".txt");
        Map<String, String> all = new HashMap<>(environment);
        all.put("HOME", Files.createTempDirectory(folder, "home").toString());
        ForkedJvm.run(
                all,
                List.of("strace", "-f", "-qq", "-e", "trace=openat,mkdir,connect", "-o", log.toString()),
                List.of("-Xmx64m"),
                TelemetryTest.class,
                folder.toString());
        return Files.readAllLines(log, StandardCharsets.ISO_8859_1).stream()
                .filter(call -> call.matches(".*(machine-id|DeveloperTools|\\.onnxruntime|sin_port=htons\\(53\\)).*"))
                .toList();
    }

    private static boolean canTrace() throws InterruptedException {
        try {
            Process process = new ProcessBuilder("strace", "-f", "-o", "/dev/null", "true").start();
            return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException e) {
            return false; // not installed
        }
    }

    /** What the other JVM does. */
    public static void main(String[] arguments) {
        for (int i = 0; i < 2; i++) {
            Kanerva.load(Path.of(arguments[0]), Device.CPU).close();
        }
        System.out.println("opened twice");
    }
}
