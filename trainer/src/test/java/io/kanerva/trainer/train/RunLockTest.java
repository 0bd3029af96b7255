package io.kanerva.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunLockTest {
    @TempDir
    private Path folder;

    /** Another process that holds a folder until it is killed. */
    static final class Holder {
        public static void main(String[] arguments) throws IOException {
            try (FileChannel channel =
                    FileChannel.open(Path.of(arguments[0]), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                channel.lock();
                System.out.write('!');
                System.out.flush();
                System.in.read();
            }
        }
    }

    @Test
    void keepsASecondTrainingOutUntilTheFirstEnds() {
        try (TrainingRun first = TinyRuns.start(TinyRuns.plan(), folder)) {
            for (int i = 0; i < 2; i++) {
                refuses(() -> TinyRuns.start(TinyRuns.plan(), folder));
            }
            assertThat(first.stepsDone()).isZero();
        }
        try (TrainingRun next = TinyRuns.start(TinyRuns.plan(), folder)) {
            next.train(step -> next.requestStop());
            refuses(() -> TrainingRun.resume(folder, TinyRuns.IMAGES, Device.cpu()));
        }
        try (TrainingRun resumed = TrainingRun.resume(folder, TinyRuns.IMAGES, Device.cpu())) {
            assertThat(resumed.stepsDone()).isEqualTo(1);
        }
    }

    @Test
    void isFreedByAProcessThatIsKilled() throws Exception {
        Process other = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Holder.class.getName(),
                        folder.resolve(RunLock.FILE).toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            assertThat(other.getInputStream().read()).isEqualTo('!');
            refuses(() -> TinyRuns.start(TinyRuns.plan(), folder));
        } finally {
            other.destroyForcibly().waitFor();
        }
        TinyRuns.start(TinyRuns.plan(), folder).close();
    }

    @Test
    void isGivenBackByATrainingThatCannotBegin() throws IOException {
        Files.createDirectory(folder.resolve("plan.json"));
        assertThatThrownBy(() -> TinyRuns.start(TinyRuns.plan(), folder)).isInstanceOf(UncheckedIOException.class);
        Files.delete(folder.resolve("plan.json"));
        TinyRuns.start(TinyRuns.plan(), folder).close();
    }

    private void refuses(ThrowingCallable started) {
        assertThatIllegalStateException()
                .isThrownBy(started)
                .withMessage(
                        "%s: expected a folder that no other training writes into, found one: choose another folder, "
                                + "or wait",
                        folder);
    }
}
