package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kanerva.runtime.TinyBundle.Kind;
import io.kanerva.runtime.bundle.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryFileTest {

    @TempDir
    Path folder;

    private Kanerva heap;
    private Memory memory;
    private Path file;

    @BeforeEach
    void write() {
        heap = TinyBundle.open(Kind.HEAP, folder.resolve("heap"));
        memory = heap.write(TileImages.episodes(2, 0x0F, 0x33, 0x55, 0x3C, 0x5A, 0x66));
        file = folder.resolve("episode.memory");
    }

    @AfterEach
    void close() {
        heap.close();
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aMemoryComesBackFromItsFile(Kind kind) {
        try (Kanerva kanerva = TinyBundle.open(kind, folder.resolve("other"))) {
            Memory written = kanerva.write(TileImages.episode(0x0F, 0x33));
            written.save(file);
            assertThat(kanerva.loadMemory(file)).isEqualTo(written).hasSameHashCodeAs(written);
        }
    }

    @Test
    void aMemoryServesAnotherOpenKanervaOfTheSameModel() {
        memory.save(file);
        FloatTensor queries = TileImages.episodes(2, 0x55, 0x5A);
        Recall expected = heap.recall(memory, queries, 1);
        heap.close();
        try (Kanerva again = TinyBundle.open(Kind.HEAP, folder.resolve("again"))) {
            assertThat(again.recall(again.loadMemory(file), queries, 1).images())
                    .isEqualTo(expected.images());
            assertThat(again.recall(memory, queries, 1).images()).isEqualTo(expected.images());
        }
    }

    @Test
    void oneOfSeveralMemoriesIsThatOfItsEpisodeAlone() {
        assertThat(memory.episode(0)).isEqualTo(heap.write(TileImages.episode(0x0F, 0x33, 0x55)));
        assertThat(memory.episode(1)).isEqualTo(heap.write(TileImages.episode(0x3C, 0x5A, 0x66)));
        assertThatThrownBy(() -> memory.episode(2)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    /** Reads the file by the offsets that {@link Memory#save} documents. */
    @Test
    void theFileIsLaidOutAsDocumented() throws IOException {
        memory.save(file);
        byte[] bytes = Files.readAllBytes(file);
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(new String(bytes, 0, 8, StandardCharsets.US_ASCII)).isEqualTo("KANMEMRY");
        int[] header = new int[8];
        buffer.position(8).asIntBuffer().get(header);
        assertThat(header).containsExactly(2, 76, 2, 2, 2, 8, 3, 1);
        assertThat(HexFormat.of().formatHex(bytes, 40, 72))
                .isEqualTo(heap.bundle().modelId());
        float[] floats = new float[2 * 32 + 2 * 3 * 3];
        assertThat(buffer.getInt(72)).isZero();
        buffer.position(76).asFloatBuffer().get(floats);
        assertThat(Arrays.copyOf(floats, 64)).containsExactly(memory.memory().data());
        assertThat(Arrays.copyOfRange(floats, 64, floats.length))
                .containsExactly(memory.pointers().data());
        int end = 76 + 4 * floats.length;
        assertThat(bytes).hasSize(end + 32);
        assertThat(HexFormat.of().formatHex(bytes, end, end + 32)).isEqualTo(Sha256.hex(Arrays.copyOf(bytes, end)));
    }

    @Test
    void savingReplacesAnOlderFileAndLeavesNoOther() throws IOException {
        Files.writeString(file, "old");
        memory.save(file);
        assertThat(heap.loadMemory(file)).isEqualTo(memory);
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.filter(Files::isRegularFile)).containsExactly(file);
        }
    }

    @Test
    void aPlaceThatCannotBeWritten() {
        Path nowhere = folder.resolve("none/episode.memory");
        assertThatThrownBy(() -> memory.save(nowhere))
                .isInstanceOf(MemoryFileException.class)
                .hasMessage(nowhere + ": expected a file in an existing folder, found no such folder");
        assertThatThrownBy(() -> memory.save(folder))
                .isInstanceOf(MemoryFileException.class)
                .hasMessage(folder + ": expected a file in an existing folder, found a folder");
        assertThatThrownBy(() -> heap.loadMemory(folder))
                .isInstanceOf(MemoryFileException.class)
                .hasMessage(folder + ": expected a memory file, found none");
    }

    @Test
    void aFileThatIsNotThere() {
        assertRefused("expected a memory file, found none");
    }

    @Test
    void aFileOfAnotherKind() throws IOException {
        Files.writeString(file, "a text that is no memory");
        assertRefused("expected a memory file, which starts with KANMEMRY, found another kind of file");
        Files.write(file, new byte[3]);
        assertRefused("expected a memory file, which starts with KANMEMRY, found another kind of file");
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 50, 107, 108, 300, 435})
    void aFileThatWasCutShort(int length) throws IOException {
        memory.save(file);
        byte[] bytes = Files.readAllBytes(file);
        assertThat(bytes).hasSize(436);
        Files.write(file, Arrays.copyOf(bytes, length));
        assertRefused("expected a memory file of %d bytes, found %d: it is truncated or damaged"
                .formatted(length < 76 ? 108 : 436, length));
    }

    @Test
    void aFileWithBytesBehindItsEnd() throws IOException {
        memory.save(file);
        Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 700));
        assertRefused("expected a memory file of 436 bytes, found 700");
    }

    @Test
    void aFileWithOneBitChanged() throws IOException {
        memory.save(file);
        byte[] bytes = Files.readAllBytes(file);
        bytes[200] ^= 4;
        Files.write(file, bytes);
        assertRefused("expected its SHA-256 to match, found a damaged file");
    }

    @Test
    void aNewerFormat() throws IOException {
        memory.save(file);
        byte[] bytes = Files.readAllBytes(file);
        bytes[8] = 3;
        Files.write(file, bytes);
        assertRefused("expected memory format version 2, found 3");
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 20, 28, 32, 36, 72})
    void aHeaderWithOtherSizes(int offset) throws IOException {
        memory.save(file);
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(offset, -1);
        Files.write(file, bytes.array());
        assertRefused("expected memories [2, 4, 8], of the height that their samples take, with 1 keys per sample, "
                + "found sizes [");
    }

    @Test
    void aMemoryOfAnotherModel() {
        memory.save(file);
        try (Kanerva pooled = TinyBundle.open(Kind.POOLED, folder.resolve("pooled"))) {
            assertThatThrownBy(() -> pooled.loadMemory(file))
                    .isInstanceOf(MemoryFileException.class)
                    .hasMessage(
                            "%s: the memory belongs to another model: expected model id %s (tiny), found %s",
                            file, pooled.bundle().modelId(), heap.bundle().modelId());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {76, 331, 335, 400})
    void aFileWithNumbersThatAreNone(int offset) throws IOException {
        memory.save(file);
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        int at = 76 + (offset - 76) / 4 * 4;
        bytes.putFloat(at, Float.NaN);
        bytes.position(bytes.capacity() - 32).put(Sha256.of(Arrays.copyOf(bytes.array(), bytes.capacity() - 32)));
        Files.write(file, bytes.array());
        assertRefused((at < 76 + 4 * 64 ? "memory" : "pointers") + ": expected finite values, found NaN at [");
    }

    /** Of 3 samples of the second memory; each pointer is (scale, column, row). */
    @ParameterizedTest
    @CsvSource({"0, 3, 0", "1, 0, 0", "1, -1, 0", "1, 1.5, 0", "1, 1, 1", "2, 2, 7e8"})
    void aFileWhosePointersNameOtherSlots(int slot, float column, float row) throws IOException {
        memory.save(file);
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        int key = 3 + slot;
        bytes.putFloat(76 + 4 * (64 + 3 * key + 1), column);
        bytes.putFloat(76 + 4 * (64 + 3 * key + 2), row);
        bytes.position(bytes.capacity() - 32).put(Sha256.of(Arrays.copyOf(bytes.array(), bytes.capacity() - 32)));
        Files.write(file, bytes.array());
        assertRefused("pointers: expected the slot of column %d, row 0 at [1, %d, 0], found column %s, row %s"
                .formatted(slot, slot, column, row));
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void aPipeThatNobodyWritesTo() throws Exception {
        assertThat(new ProcessBuilder("mkfifo", file.toString()).start().waitFor())
                .isZero();
        assertRefused("expected a regular file, found a pipe or a device");
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void savingFollowsLinksKeepsTheModeAndWritesThroughAPipe() throws Exception {
        Path real = Files.writeString(folder.resolve("real"), "old");
        Files.setPosixFilePermissions(real, PosixFilePermissions.fromString("rw-rw----"));
        Files.createSymbolicLink(file, real);
        memory.save(file);
        assertThat(file).isSymbolicLink();
        assertThat(heap.loadMemory(real)).isEqualTo(memory);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(real)))
                .isEqualTo("rw-rw----");
        Path pipe = folder.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        Process reader = new ProcessBuilder("cat", pipe.toString()).start();
        memory.save(pipe);
        assertThat(heap.loadMemory(reader.getInputStream().readAllBytes())).isEqualTo(memory);
        assertThat(Files.isRegularFile(pipe)).isFalse();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aFullDiskIsAnError() {
        assertThatThrownBy(() -> memory.save(Path.of("/dev/full")))
                .isInstanceOf(MemoryFileException.class)
                .hasMessageContaining("No space left on device");
    }

    private void assertRefused(String sentence) {
        assertThatThrownBy(() -> heap.loadMemory(file))
                .isInstanceOf(MemoryFileException.class)
                .hasMessageStartingWith(file + ": ")
                .hasMessageContaining(sentence);
    }
}
