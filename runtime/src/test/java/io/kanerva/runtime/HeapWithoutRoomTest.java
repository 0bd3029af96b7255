package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.runtime.TinyBundle.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A write for whose page the process has no room leaves a heap as it was. */
@Timeout(120)
class HeapWithoutRoomTest {

    private static final int PAGE = 1024;

    @TempDir
    Path folder;

    @Test
    void aWriteWithoutRoomChangesNothing() throws Exception {
        List<String> options = List.of("-Xmx64m", "-XX:+UseSerialGC");
        assertThat(ForkedJvm.run(options, HeapWithoutRoomTest.class, folder.toString()))
                .isEqualTo("no room, 1024 samples; then 1025, found 9999\n");
    }

    /** What the other JVM does. */
    public static void main(String[] arguments) {
        try (Kanerva kanerva = TinyBundle.open(Kind.HEAP, Path.of(arguments[0]))) {
            MemoryHeap heap = kanerva.heap();
            int[] bytes = new int[PAGE];
            Arrays.fill(bytes, 0x0F);
            heap.write(
                    LongStream.range(0, PAGE).toArray(),
                    new FloatTensor(TileImages.episode(bytes).data(), PAGE, 1, 8, 8));
            FloatTensor other = new FloatTensor(TileImages.episode(0x55).data(), 1, 1, 8, 8);
            heap.lookUp(other);
            List<byte[]> ballast = new ArrayList<>(10_000);
            try {
                while (true) {
                    ballast.add(new byte[1 << 14]);
                }
            } catch (OutOfMemoryError e) {
                // Room for a sample, but not for a page, which is of half a million bytes and more.
                ballast.subList(0, 16).clear();
            }
            try {
                heap.write(9_999, other);
                throw new AssertionError("there was room");
            } catch (OutOfMemoryError e) {
                ballast.clear();
            }
            System.out.print("no room, " + heap.list().length + " samples; ");
            heap.write(9_999, other);
            System.out.print(
                    "then " + heap.size() + ", found " + heap.lookUp(other).ids()[0] + "\n");
        }
    }
}
