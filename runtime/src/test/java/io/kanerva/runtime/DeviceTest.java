package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kanerva.runtime.TinyBundle.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeviceTest {

    @TempDir Path folder;

    private Path bundle;

    @BeforeEach
    void write() {
        bundle = new TinyBundle(Kind.HEAP).write(folder.resolve("bundle"));
    }

    @Test
    void cudaWithoutADriverFailsAtOnceAndSaysWhy() {
        assumeTrue(GpuDriver.find().isEmpty(), "this machine has a GPU driver");
        long start = System.nanoTime();
        assertThatThrownBy(() -> Kanerva.load(bundle, Device.CUDA))
                .isInstanceOf(DeviceException.class)
                .hasMessage(
                        "Device CUDA: expected NVIDIA's driver library %s, found none on this machine",
                        GpuDriver.libraryName());
        // Asking ONNX Runtime itself takes seconds.
        assertThat((System.nanoTime() - start) / 1e9).isLessThan(2);
    }

    @Test
    void autoFallsBackToTheCpuAndTells() {
        assumeTrue(GpuDriver.find().isEmpty(), "this machine has a GPU driver");
        try (Kanerva kanerva = Kanerva.load(bundle, Device.AUTO)) {
            assertThat(kanerva.device()).isEqualTo(Device.CPU);
            assertThat(kanerva.write(TileImages.episode(0x0F)).samples()).isEqualTo(1);
        }
    }

    @Test
    void theLinkersCacheIsSearchedForTheDriver() throws IOException {
        Path cache = folder.resolve("ld.so.cache");
        String name = GpuDriver.libraryName();
        Files.writeString(
                cache,
                "glibc-ld.so.cache1.1\0\1\2libc.so.6\0/lib/libc.so.6\0%s\0/odd/place/%s\0/odd/%s.bak\0".formatted(name, name, name),
                StandardCharsets.ISO_8859_1);
        assertThat(GpuDriver.cached(cache)).containsExactly(Path.of("/odd/place/" + name));
        assertThat(GpuDriver.cached(folder.resolve("none"))).isEmpty();
    }
}
