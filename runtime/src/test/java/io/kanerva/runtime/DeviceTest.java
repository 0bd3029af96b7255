package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kanerva.runtime.TinyBundle.Kind;
import io.kanerva.runtime.session.GpuDriver;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class DeviceTest {

    @TempDir
    Path folder;

    private Path bundle;

    @BeforeEach
    void write() {
        bundle = new TinyBundle(Kind.HEAP).write(folder.resolve("bundle"));
    }

    @Test
    void withoutADriverCudaFailsAndSaysWhyAndAutoFallsBackAndSaysSoOnce() throws Exception {
        assumeTrue(GpuDriver.find().isEmpty(), "this machine has a GPU driver");
        String why =
                "expected NVIDIA's driver library %s, found none on this machine".formatted(GpuDriver.libraryName());
        String output = ForkedJvm.run(List.of(), DeviceTest.class, bundle.toString());
        // The sentence is ours, so ONNX Runtime, which unpacks 583 MB first, was not asked.
        assertThat(output)
                .contains("CUDA refused: Device CUDA: " + why + "\n")
                .endsWith("AUTO runs on CPU\nAUTO runs on CPU\n");
        assertThat(output).containsOnlyOnce("Device AUTO runs on the CPU: " + why);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void whereTheDriverIsThereButCudaCannotBeHadCudaFailsTooAndAutoStillFallsBack() throws Exception {
        assumeTrue(GpuDriver.find().isEmpty(), "this machine has a GPU driver");
        Files.createFile(folder.resolve(GpuDriver.libraryName()));
        String output = ForkedJvm.run(
                Map.of("LD_LIBRARY_PATH", folder.toString()), List.of(), DeviceTest.class, bundle.toString());
        // With either jar of ONNX Runtime: one has no CUDA, the other cannot load it.
        assertThat(output)
                .containsPattern("CUDA refused: Device CUDA: (expected ONNX Runtime with CUDA \\(the onnxruntime_gpu "
                        + "jar\\), found one without|ONNX Runtime cannot set it up: .*Failed to load "
                        + "shared library)\n")
                .containsOnlyOnce("Device AUTO runs on the CPU: ");
        // ONNX Runtime's own complaints stand between the lines.
        assertThat(output.lines().filter("AUTO runs on CPU"::equals)).hasSize(2);
    }

    /** What the other JVM does: asks for CUDA, then twice for whatever can be had. */
    public static void main(String[] arguments) {
        Path bundle = Path.of(arguments[0]);
        try (Kanerva kanerva = Kanerva.load(bundle, Device.CUDA)) {
            System.out.println("CUDA opened " + kanerva.bundle().name());
        } catch (DeviceException e) {
            System.out.println("CUDA refused: " + e.getMessage());
        }
        for (int i = 0; i < 2; i++) {
            try (Kanerva kanerva = Kanerva.load(bundle, Device.AUTO)) {
                kanerva.write(TileImages.episode(0x0F));
                System.out.println("AUTO runs on " + kanerva.device());
            }
        }
    }

    @Test
    void theLinkersCacheIsSearchedForTheDriver() throws IOException {
        Path cache = folder.resolve("ld.so.cache");
        String name = GpuDriver.libraryName();
        Files.writeString(
                cache,
                "glibc-ld.so.cache1.1\0\1\2libc.so.6\0/lib/libc.so.6\0%s\0/odd/place/%s\0/odd/%s.bak\0"
                        .formatted(name, name, name),
                StandardCharsets.ISO_8859_1);
        assertThat(GpuDriver.cached(cache)).containsExactly(Path.of("/odd/place/" + name));
        assertThat(GpuDriver.cached(folder.resolve("none"))).isEmpty();
    }
}
