package io.kanerva.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import io.kanerva.trainer.TinyModels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Runs in separate JVMs, since the allocator's settings belong to a process. Where its C library is not glibc, nothing
 * may be done: that is then asserted.
 */
class NativeHeapTest {
    /** Below the size from which on an allocator requests each block separately from the system, and returns it. */
    private static final int BLOCK_KILOBYTES = 64;

    private static final int BLOCKS = 4096;
    /**
     * One block of this many stays in use: the free megabyte or so between two of them cannot be returned on its own.
     */
    private static final int SPACING = 16;

    private static final int FREE_KILOBYTES = BLOCKS / SPACING * (SPACING - 1) * BLOCK_KILOBYTES;
    /** Java's heap is resident from the start, so that what is resident changes with native memory only. */
    private static final List<String> STEADY =
            List.of("-Xms128m", "-Xmx128m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"", "glibc.malloc.trim_threshold=4294967296"})
    void aRunGivesTheSystemBackWhatIsFreeEvenIfTheAllocatorWasSetToKeepIt(String settings, TestReporter reporter)
            throws Exception {
        if (glibc()) {
            assertThat(givenBack(settings))
                    .as("kB given back of %,d", FREE_KILOBYTES)
                    .isGreaterThan(FREE_KILOBYTES / 2);
        } else {
            requireThatNothingIsDone(reporter);
        }
    }

    private static void requireThatNothingIsDone(TestReporter reporter) {
        reporter.publishEntry(
                "asserted",
                "no glibc on " + System.getProperty("os.name") + ": nothing is given back, and nothing fails");
        assertThat(NativeHeap.trim())
                .as("whether memory is given back without glibc")
                .isFalse();
    }

    private static boolean glibc() {
        try {
            return NativeLibrary.getProcess().getFunction("gnu_get_libc_version") != null;
        } catch (UnsatisfiedLinkError e) {
            return false;
        }
    }

    /** What {@link #main} prints in a process whose allocator has its usual settings but for these. */
    private long givenBack(String settings) throws IOException, InterruptedException {
        ProcessBuilder builder = TinyRuns.jvm(NativeHeapTest.class, STEADY, folder.toString());
        builder.environment()
                .keySet()
                .removeIf(name ->
                        name.equals("GLIBC_TUNABLES") || name.equals("LD_PRELOAD") || name.startsWith("MALLOC_"));
        if (!settings.isEmpty()) {
            builder.environment().put("GLIBC_TUNABLES", settings);
        }
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return Long.parseLong(output.strip());
    }

    /**
     * Trains in the folder args[0]; prints by how many kB the process shrinks in the step in which memory is to be
     * given back.
     */
    public static void main(String[] args) {
        List<Memory> used = new ArrayList<>();
        long[] kilobytes = new long[2];
        try (TrainingRun run = TinyRuns.start(TinyRuns.plan(TinyModels.heap(), NativeHeap.STEPS), Path.of(args[0]))) {
            run.train(metrics -> {
                if (metrics.step() == NativeHeap.STEPS - 1) {
                    used.addAll(amongFreeOnes());
                    kilobytes[0] = anonymousKilobytes();
                } else if (metrics.step() == NativeHeap.STEPS) {
                    kilobytes[1] = anonymousKilobytes();
                }
            });
        }
        used.forEach(Memory::close);
        System.out.println(kilobytes[0] - kilobytes[1]);
    }

    /** Fills blocks and frees all but these. */
    private static List<Memory> amongFreeOnes() {
        List<Memory> blocks = new ArrayList<>();
        for (int i = 0; i < BLOCKS; i++) {
            Memory block = new Memory(1024L * BLOCK_KILOBYTES);
            block.setMemory(0, block.size(), (byte) 1);
            blocks.add(block);
        }
        List<Memory> used = new ArrayList<>();
        for (int i = 0; i < BLOCKS; i++) {
            if (i % SPACING == SPACING - 1) {
                used.add(blocks.get(i));
            } else {
                blocks.get(i).close();
            }
        }
        return used;
    }

    /** Of this process, in memory or swapped out: a busy machine may do that at any time. */
    private static long anonymousKilobytes() {
        try {
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith("RssAnon:") || line.startsWith("VmSwap:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
