package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.runtime.TinyBundle.Kind;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A model that nobody closes says so once, and only then; in a JVM of its own, whose log is not another test's. */
@Timeout(120)
class UnclosedTest {

    @TempDir
    Path folder;

    @Test
    void anUnclosedModelSaysSoOnce() throws Exception {
        Path bundle = new TinyBundle(Kind.HEAP).write(folder.resolve("100%model"));
        String sentence =
                "Kanerva of %s: expected close(), found none before the garbage collector came".formatted(bundle);
        assertThat(ForkedJvm.run(List.of("-Xmx64m"), UnclosedTest.class, bundle.toString()))
                .containsOnlyOnce(sentence)
                .endsWith("done\n");
    }

    /** What the other JVM does. */
    public static void main(String[] arguments) {
        PrintStream err = System.err;
        ByteArrayOutputStream log = new ByteArrayOutputStream();
        System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
        Path bundle = Path.of(arguments[0]);
        Kanerva.load(bundle, Device.CPU).close();
        Kanerva.load(bundle, Device.CPU).write(TileImages.episode(0x0F, 0x33));
        while (!log.toString(StandardCharsets.UTF_8).contains("expected close()")) {
            System.gc();
        }
        // A second one would come by now: what is closed is reported before what is not, or never.
        for (int i = 0; i < 10; i++) {
            System.gc();
        }
        err.print(log.toString(StandardCharsets.UTF_8));
        err.flush();
        System.out.println("done");
    }
}
