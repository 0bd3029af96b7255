package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtSession.SessionOptions;
import io.kanerva.runtime.TinyBundle.Kind;
import io.kanerva.runtime.session.SessionLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How ONNX Runtime is asked to run small graphs: on the caller's thread, and without threads that spin while idle. */
@Timeout(120)
class SessionOptionsTest {

    @TempDir
    Path folder;

    @Test
    void noThreadSpinsWhileItWaits() {
        try (SessionOptions options = SessionLoader.sessionOptions(2, Device.CPU)) {
            assertThat(options.getConfigEntries())
                    .containsEntry("session.intra_op.allow_spinning", "0")
                    .containsEntry("session.inter_op.allow_spinning", "0");
        }
    }

    @Test
    void aGraphHasNoThreadsOfItsOwnUnlessMoreThanOneIsAskedFor() throws Exception {
        new TinyBundle(Kind.HEAP).write(folder);
        // Threads of the JVM that come and go are left out: compilers, parallel collectors, the pool that loads graphs
        // side by side.
        List<String> options =
                List.of("-Xint", "-XX:+UseSerialGC", "-Djava.util.concurrent.ForkJoinPool.common.parallelism=1");
        // Seven graphs, each with the caller's thread and further ones up to the requested number.
        assertThat(ForkedJvm.run(options, SessionOptionsTest.class, folder.toString()))
                .isEqualTo("1: 0\n2: 7\n3: 14\n");
    }

    /** Runs in the other JVM: prints the number of additional threads for each open model. */
    public static void main(String[] arguments) throws IOException {
        Path bundle = Path.of(arguments[0]);
        FloatTensor episode = TileImages.episode(0x0F, 0x33);
        try (Kanerva first = Kanerva.load(bundle, Device.CPU)) {
            first.write(episode); // all that is started once is started
            long before = threads();
            for (int threads = 1; threads <= 3; threads++) {
                try (Kanerva kanerva =
                        Kanerva.load(bundle, Options.on(Device.CPU).withThreads(threads))) {
                    kanerva.write(episode);
                    System.out.println(threads + ": " + (threads() - before));
                }
            }
        }
    }

    private static long threads() throws IOException {
        try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
            return tasks.count();
        }
    }
}
