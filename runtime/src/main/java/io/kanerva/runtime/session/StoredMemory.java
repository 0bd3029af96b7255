package io.kanerva.runtime.session;

import io.kanerva.runtime.Bundle;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.KeyGeometry;
import io.kanerva.runtime.Memory;
import io.kanerva.runtime.MemoryFileException;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.runtime.Planes;
import io.kanerva.runtime.bundle.Sha256;
import io.kanerva.runtime.bundle.Signature;
import io.kanerva.runtime.math.ContentSearch;
import io.kanerva.runtime.math.Values;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/**
 * What a {@link Memory} holds, without copies, and its file format, which {@link Memory#save} documents. Immutable:
 * threads that fill its caches concurrently compute the same.
 */
public final class StoredMemory {

    static final int DIGEST_BYTES = 32;

    /** The longest Java array. */
    static final int MAX_BYTES = Integer.MAX_VALUE - 8;

    private final FloatTensor memory;
    private final FloatTensor pointers;
    private final String modelId;
    private volatile ContentSearch contents;

    /**
     * @param memory [B, C, H, W]
     * @param pointers [B, T, K, 3]
     */
    public StoredMemory(FloatTensor memory, FloatTensor pointers, String modelId) {
        this.memory = memory;
        this.pointers = pointers;
        this.modelId = modelId;
    }

    public FloatTensor memory() {
        return memory;
    }

    public FloatTensor pointers() {
        return pointers;
    }

    public String modelId() {
        return modelId;
    }

    public int episodes() {
        return memory.dimension(0);
    }

    public int samples() {
        return pointers.dimension(1);
    }

    /** The written samples as they read back, ready to be searched; null before the first search. */
    ContentSearch contents() {
        return contents;
    }

    void contents(ContentSearch computed) {
        contents = computed;
    }

    /** Some of the memories. */
    public StoredMemory part(int episode, int episodes) {
        if (episodes == episodes()) {
            return this;
        }
        StoredMemory part =
                new StoredMemory(rows(memory, episode, episodes), rows(pointers, episode, episodes), modelId);
        part.contents = contents == null ? null : contents.from(episode);
        return part;
    }

    private static FloatTensor rows(FloatTensor whole, int first, int count) {
        int[] shape = whole.shape();
        int each = whole.size() / shape[0];
        shape[0] = count;
        return new FloatTensor(Arrays.copyOfRange(whole.data(), first * each, (first + count) * each), shape);
    }

    /** {@code added} after {@code earlier} samples' content, both [B, T, K, C, h, w]. */
    static FloatTensor joined(FloatTensor earlier, FloatTensor added) {
        int[] shape = added.shape();
        int before = earlier.size() / shape[0];
        int after = added.size() / shape[0];
        shape[1] += earlier.dimension(1);
        FloatTensor content = FloatTensor.zeros(shape);
        for (int episode = 0; episode < shape[0]; episode++) {
            int start = episode * (before + after);
            System.arraycopy(earlier.data(), episode * before, content.data(), start, before);
            System.arraycopy(added.data(), episode * after, content.data(), start + before, after);
        }
        return content;
    }

    /** What a pooled writer was given, [B, T, K, C, h, w]: the blocks at the samples' pointers, which are on pixels. */
    FloatTensor written(ModelSettings settings) {
        Planes block = settings.block();
        Planes planes = settings.memory();
        int keys = settings.keys();
        int marginTop = (planes.height() - settings.slotRows() * block.height()) / 2;
        int marginLeft = (planes.width() - settings.slotColumns() * block.width()) / 2;
        FloatTensor content =
                FloatTensor.zeros(episodes(), samples(), keys, block.channels(), block.height(), block.width());
        int to = 0;
        for (int key = 0; key < episodes() * samples() * keys; key++) {
            int column = KeyGeometry.cell(pointers.data()[key * 3 + 1], settings.slotColumns());
            int slotRow = KeyGeometry.cell(pointers.data()[key * 3 + 2], settings.slotRows());
            int top = marginTop + slotRow * block.height();
            int left = marginLeft + column * block.width();
            int plane = key / (samples() * keys) * planes.channels();
            for (int row = 0; row < block.channels() * block.height(); row++) {
                int from =
                        ((plane + row / block.height()) * planes.height() + top + row % block.height()) * planes.width()
                                + left;
                System.arraycopy(memory.data(), from, content.data(), to, block.width());
                to += block.width();
            }
        }
        return content;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof StoredMemory that
                && modelId.equals(that.modelId)
                && memory.equals(that.memory)
                && pointers.equals(that.pointers);
    }

    @Override
    public int hashCode() {
        return 31 * memory.hashCode() + pointers.hashCode();
    }

    /** Writes the file; {@link Memory#save}. */
    public void save(Path file) {
        save(file, toBytes());
    }

    /** Writes a memory file's bytes. */
    public static void save(Path file, byte[] bytes) {
        Path folder = file.toAbsolutePath().getParent();
        if (Files.isDirectory(file) || folder == null || !Files.isDirectory(folder)) {
            throw new MemoryFileException(
                    "%s: expected a file in an existing folder, found %s",
                    file, Files.isDirectory(file) ? "a folder" : "no such folder");
        }
        try {
            FileReplacement.write(file, bytes);
        } catch (IOException e) {
            throw new MemoryFileException(e, "%s: expected a writable file, found an error (%s)", file, e);
        }
    }

    /** The file's bytes. */
    public byte[] toBytes() {
        return toBytes(null, null);
    }

    /**
     * The bytes of a heap's file.
     *
     * @param ids of the T places, or null for the file of a memory
     * @param written which places have a sample
     */
    public byte[] toBytes(long[] ids, BitSet written) {
        long floats = (long) memory.size() + pointers.size();
        long more = ids == null ? 0 : (long) ids.length * (Long.BYTES + 1);
        long size = floats * Float.BYTES + more + Header.BYTES + DIGEST_BYTES;
        if (size > MAX_BYTES) {
            throw new MemoryFileException(
                    "memory: expected at most %d bytes for one file, found %d; save fewer episodes", MAX_BYTES, size);
        }
        ByteBuffer buffer = ByteBuffer.allocate((int) size).order(ByteOrder.LITTLE_ENDIAN);
        buffer.put(Header.MAGIC).putInt(Header.VERSION).putInt(Header.BYTES);
        for (int dimension : memory.shape()) {
            buffer.putInt(dimension);
        }
        buffer.putInt(samples()).putInt(pointers.dimension(2));
        buffer.put(HexFormat.of().parseHex(modelId)).putInt(ids == null ? 0 : 1);
        for (FloatTensor tensor : List.of(memory, pointers)) {
            buffer.asFloatBuffer().put(tensor.data());
            buffer.position(buffer.position() + tensor.size() * Float.BYTES);
        }
        if (ids != null) {
            buffer.asLongBuffer().put(ids);
            buffer.position(buffer.position() + ids.length * Long.BYTES);
            for (int place = 0; place < ids.length; place++) {
                buffer.put((byte) (written.get(place) ? 1 : 0));
            }
        }
        buffer.put(Sha256.of(Arrays.copyOf(buffer.array(), (int) size - DIGEST_BYTES)));
        return buffer.array();
    }

    /** The memory in {@code file}, which must belong to {@code bundle}'s model. */
    public static StoredMemory read(Path file, Bundle bundle) {
        return parse(file.toString(), bytes(file, bundle), bundle);
    }

    /** The bytes of a file of {@code bundle}'s model. */
    public static byte[] bytes(Path file, Bundle bundle) {
        if (!Files.exists(file) || Files.isDirectory(file)) {
            throw new MemoryFileException("%s: expected a memory file, found none", file);
        }
        if (!Files.isRegularFile(file)) { // reading a pipe could wait for ever
            throw new MemoryFileException("%s: expected a regular file, found a pipe or a device", file);
        }
        try (InputStream stream = Files.newInputStream(file)) {
            // The header says whose the file is and how long, before the rest is read.
            byte[] start = stream.readNBytes(Header.BYTES);
            long expected = Header.read(file.toString(), start, bundle).bytes();
            if (Files.size(file) != expected) {
                throw truncated(file.toString(), expected, Files.size(file));
            }
            return joined(start, stream.readNBytes((int) expected - start.length));
        } catch (IOException e) {
            throw new MemoryFileException(e, "%s: the memory file cannot be read: %s", file, e);
        }
    }

    private static byte[] joined(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    /**
     * What a heap's file says of its places.
     *
     * @param ids of the T places
     * @param written which have a sample
     */
    public record Places(long[] ids, BitSet written) {}

    /** The places in the bytes of a heap's file; those of a memory's file have their numbers as ids. */
    public static Places places(String file, byte[] bytes, Bundle bundle) {
        int[] sizes = Header.read(file, bytes, bundle).sizes();
        int samples = sizes[4];
        long[] ids = new long[samples];
        BitSet written = new BitSet(samples);
        if (sizes[0] != 1) {
            throw new MemoryFileException("%s: expected one memory to make a heap of, found %d", file, sizes[0]);
        }
        if (sizes[6] == 0) {
            Arrays.setAll(ids, place -> place);
            written.set(0, samples);
            return new Places(ids, written);
        }
        int from = bytes.length - DIGEST_BYTES - samples * (Long.BYTES + 1);
        ByteBuffer buffer =
                ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).position(from);
        buffer.asLongBuffer().get(ids);
        Set<Long> seen = new HashSet<>();
        for (int place = 0; place < samples; place++) {
            byte state = bytes[from + samples * Long.BYTES + place];
            if (state != 0 && state != 1 || state == 1 && !seen.add(ids[place])) {
                throw new MemoryFileException(
                        "%s: expected different ids, each written (1) or free (0), found %d (%d) at place %d",
                        file, ids[place], state, place);
            }
            written.set(place, state == 1);
        }
        return new Places(ids, written);
    }

    /** The memory that {@code bytes} hold; {@code file} names them in messages. */
    public static StoredMemory parse(String file, byte[] bytes, Bundle bundle) {
        if (Header.read(file, bytes, bundle).sizes()[6] != 0) {
            throw new MemoryFileException(
                    "%s: expected the file of a memory, found that of a heap, which may have holes: load it as a heap",
                    file);
        }
        return parseAny(file, bytes, bundle);
    }

    /** The same, also of a heap's file, whose free places may hold anything finite. */
    public static StoredMemory parseAny(String file, byte[] bytes, Bundle bundle) {
        Header header = Header.read(file, bytes, bundle);
        if (header.bytes() != bytes.length) {
            throw truncated(file, header.bytes(), bytes.length);
        }
        byte[] digest = Arrays.copyOfRange(bytes, bytes.length - DIGEST_BYTES, bytes.length);
        if (!Arrays.equals(digest, Sha256.of(Arrays.copyOf(bytes, bytes.length - DIGEST_BYTES)))) {
            throw new MemoryFileException("%s: expected its SHA-256 to match, found a damaged file", file);
        }
        ByteBuffer buffer =
                ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).position(Header.BYTES);
        int[] sizes = header.sizes();
        FloatTensor memory = floats(file, "memory", buffer, sizes[0], sizes[1], sizes[2], sizes[3]);
        FloatTensor pointers = floats(file, "pointers", buffer, sizes[0], sizes[4], sizes[5], 3);
        if (bundle.settings().grows()) {
            checkNames(file, pointers, bundle.settings().slotColumns());
        }
        return new StoredMemory(memory, pointers, bundle.modelId());
    }

    /** Key i of a memory that grows names slot i, as a writer has it: reads from large memories rely on it. */
    private static void checkNames(String file, FloatTensor pointers, int columns) {
        int each = pointers.dimension(1) * pointers.dimension(2);
        for (int i = 0; i < pointers.size() / 3; i++) {
            int slot = i % each;
            float column = pointers.data()[3 * i + 1];
            float row = pointers.data()[3 * i + 2];
            if (column != slot % columns || row != slot / columns) {
                throw new MemoryFileException(
                        "%s: pointers: expected the slot of column %d, row %d at %s, found column %s, row %s",
                        file,
                        slot % columns,
                        slot / columns,
                        Signature.index(i, pointers.dimension(0), pointers.dimension(1), pointers.dimension(2)),
                        column,
                        row);
            }
        }
    }

    static MemoryFileException truncated(String file, long expected, long found) {
        return new MemoryFileException(
                "%s: expected a memory file of %d bytes, found %d: it is truncated or damaged", file, expected, found);
    }

    private static FloatTensor floats(String file, String what, ByteBuffer buffer, int... shape) {
        FloatTensor tensor = FloatTensor.zeros(shape);
        buffer.asFloatBuffer().get(tensor.data());
        buffer.position(buffer.position() + tensor.size() * Float.BYTES);
        int first = Values.firstNotFinite(tensor.data());
        if (first >= 0) {
            throw new MemoryFileException(
                    "%s: %s: expected finite values, found %s at %s",
                    file, what, tensor.data()[first], Signature.index(first, shape));
        }
        return tensor;
    }
}
