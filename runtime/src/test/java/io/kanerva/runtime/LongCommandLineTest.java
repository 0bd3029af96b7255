package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.runtime.TinyBundle.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A library cannot choose its process's command line: see {@link NativeRuntime}. */
@Timeout(120)
class LongCommandLineTest {

    @TempDir
    Path folder;

    @Test
    void aCommandLineAsLongAsAnApplicationsClassPathDoesNotKillTheProcess() throws Exception {
        new TinyBundle(Kind.HEAP).write(folder);
        List<String> options = List.of("-Xmx64m", "-Dpadding=" + "x".repeat(20_000));
        String output = ForkedJvm.run(
                Map.of("ORT_DISABLE_TELEMETRY", ""), options, LongCommandLineTest.class, folder.toString());
        assertThat(output).contains("opened");
    }

    /** What the other JVM does. */
    public static void main(String[] arguments) throws IOException {
        try (Kanerva kanerva = Kanerva.load(Path.of(arguments[0]), Device.CPU)) {
            System.out.println("opened " + kanerva.bundle().name());
        }
    }
}
