package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A separate JVM, for what would end this one on failure, or would be hidden by other tests here. */
final class ForkedJvm {

    private ForkedJvm() {}

    /**
     * Runs a test class's {@code main} and waits for it; it must exit with 0.
     *
     * @return what it printed to either stream
     */
    static String run(List<String> options, Class<?> main, String... arguments)
            throws IOException, InterruptedException {
        return run(Map.of(), options, main, arguments);
    }

    /** The same with further environment variables; one that is empty is taken away. */
    static String run(Map<String, String> environment, List<String> options, Class<?> main, String... arguments)
            throws IOException, InterruptedException {
        return run(environment, List.of(), options, main, arguments);
    }

    /** The same, started by another program, whose arguments are followed by the command. */
    static String run(
            Map<String, String> environment,
            List<String> starter,
            List<String> options,
            Class<?> main,
            String... arguments)
            throws IOException, InterruptedException {
        String tests = TinyBundle.class
                .getResource("TinyBundle.class")
                .getPath()
                .replace("/io/kanerva/runtime/TinyBundle.class", "");
        String classPath = String.join(
                File.pathSeparator,
                System.getProperty("jdk.module.path", ""),
                System.getProperty("java.class.path", ""),
                tests);
        List<String> command = new ArrayList<>(starter);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        if (Runtime.version().feature() >= 24) {
            command.add("--enable-native-access=ALL-UNNAMED"); // JDK 24 and later warn on standard error otherwise
        }
        command.addAll(List.of("-XX:ErrorFile=/dev/stdout", "-cp", classPath, main.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("ORT_DISABLE_TELEMETRY", "1");
        builder.environment().putAll(environment);
        builder.environment().values().removeIf(String::isEmpty);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }
}
