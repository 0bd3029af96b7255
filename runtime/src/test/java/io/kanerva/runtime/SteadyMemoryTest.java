package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.runtime.TinyBundle.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Native memory, measured as the resident size of a separate JVM whose heap is fixed and touched from the start, so
 * that only native memory can make it grow.
 */
@EnabledOnOs(OS.LINUX)
@Timeout(120)
class SteadyMemoryTest {

    @TempDir
    Path folder;

    @Test
    void memoryStaysSteadyOverAHundredThousandCalls() throws Exception {
        new TinyBundle(Kind.HEAP).write(folder);
        // Forgetting one kind of a round's tensors adds 12 MB at least.
        assertThat(growthInKilobytes("calls")).isLessThan(5_000);
    }

    @Test
    void aLoadThatFailsHalfWayFreesWhatItOpened() throws Exception {
        new TinyBundle(Kind.HEAP)
                .replace("decoder.onnx", TinyGraphs.encoder(TinyGraphs.Fault.NONE))
                .write(folder);
        // Keeping the opened sessions adds 160 MB.
        assertThat(growthInKilobytes("failed loads")).isLessThan(40_000);
    }

    @Test
    void loadingAndClosingFreesEverything() throws Exception {
        new TinyBundle(Kind.HEAP).write(folder);
        assertThat(growthInKilobytes("loads")).isLessThan(40_000);
    }

    private long growthInKilobytes(String what) throws IOException, InterruptedException {
        List<String> options = List.of(
                "-Xms64m",
                "-Xmx64m",
                "-XX:+AlwaysPreTouch",
                // The optimising compiler's own memory comes and goes by 10 MB.
                "-XX:TieredStopAtLevel=1");
        String output = ForkedJvm.run(options, SteadyMemoryTest.class, what, folder.toString());
        assertThat(output).as("only the growth").matches("-?[0-9]+\n");
        return Long.parseLong(output.trim());
    }

    /** Runs in the other JVM: warms up, then prints by how many kilobytes it grew over the rest. */
    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[1]);
        long before;
        if (arguments[0].equals("calls")) {
            try (Kanerva kanerva = Kanerva.load(folder, Device.CPU)) {
                call(kanerva, 5_000);
                before = residentKilobytes();
                call(kanerva, 34_000); // three calls each
            }
        } else {
            boolean fails = arguments[0].equals("failed loads");
            load(folder, 100, fails);
            before = residentKilobytes();
            load(folder, 300, fails);
        }
        System.out.println(residentKilobytes() - before);
    }

    private static void call(Kanerva kanerva, int times) {
        FloatTensor episode = TileImages.episode(0x0F, 0x33, 0x55);
        Memory memory = kanerva.write(episode);
        for (int i = 0; i < times; i++) {
            // Other shapes each time, and more of them than are kept, so that no cache by shape hides a leak.
            kanerva.recall(memory, FloatTensor.zeros(1, 1 + i % 19, 1, 8, 8), 1);
            kanerva.generate(memory, 2, i);
            kanerva.encode(FloatTensor.zeros(1, 1 + i % 13, 1, 8, 8));
        }
    }

    private static void load(Path folder, int times, boolean fails) {
        int failed = 0;
        for (int i = 0; i < times; i++) {
            try (Kanerva kanerva = Kanerva.load(folder, Device.CPU)) {
                kanerva.encode(TileImages.episode(0x0F));
            } catch (BundleException e) {
                failed++;
            }
        }
        if (failed != (fails ? times : 0)) {
            throw new IllegalStateException(failed + " of " + times + " loads failed");
        }
    }

    private static long residentKilobytes() throws IOException {
        System.gc();
        List<String> status = Files.readAllLines(Path.of("/proc/self/status"));
        String line = status.stream()
                .filter(text -> text.startsWith("VmRSS:"))
                .findFirst()
                .orElseThrow();
        return Long.parseLong(line.replaceAll("[^0-9]", ""));
    }
}
