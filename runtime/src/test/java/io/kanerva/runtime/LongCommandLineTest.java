package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.runtime.TinyBundle.Kind;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A library cannot choose its process's command line: see {@link NativeRuntime}. */
@Timeout(120)
class LongCommandLineTest {

    @TempDir Path folder;

    @Test
    void aCommandLineAsLongAsAnApplicationsClassPathDoesNotKillTheProcess() throws Exception {
        new TinyBundle(Kind.HEAP).write(folder);
        String tests = TinyBundle.class.getResource("TinyBundle.class").getPath().replace("/io/kanerva/runtime/TinyBundle.class", "");
        String classPath =
                String.join(File.pathSeparator, System.getProperty("jdk.module.path", ""), System.getProperty("java.class.path", ""), tests);
        ProcessBuilder builder =
                new ProcessBuilder(
                                List.of(
                                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                        "-Xmx64m",
                                        "-Dpadding=" + "x".repeat(20_000),
                                        "-cp",
                                        classPath,
                                        LongCommandLineTest.class.getName(),
                                        folder.toString()))
                        .redirectErrorStream(true);
        builder.environment().remove("ORT_DISABLE_TELEMETRY");
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        assertThat(output).contains("opened");
    }

    /** What the other JVM does. */
    public static void main(String[] arguments) throws IOException {
        try (Kanerva kanerva = Kanerva.load(Path.of(arguments[0]), Device.CPU)) {
            System.out.println("opened " + kanerva.bundle().name());
        }
    }
}
