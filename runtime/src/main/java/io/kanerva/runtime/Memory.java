package io.kanerva.runtime;

import io.kanerva.runtime.session.StoredMemory;
import java.nio.file.Path;
import java.util.Objects;

/**
 * B written memories. An immutable value that belongs to a model, not to an open {@link Kanerva}: it may outlive the
 * one that wrote it and be used by any other of the same model.
 */
public final class Memory {

    final StoredMemory stored;

    Memory(StoredMemory stored) {
        this.stored = stored;
    }

    /** A copy of the memories themselves, [B, C, H, W]. */
    public FloatTensor memory() {
        return stored.memory().copy();
    }

    /** A copy of the keys (scale, x, y) under which each sample was written, [B, T, K, 3]. */
    public FloatTensor pointers() {
        return stored.pointers().copy();
    }

    /** The model that wrote it: {@link Bundle#modelId()}. */
    public String modelId() {
        return stored.modelId();
    }

    /** B, the number of memories. */
    public int episodes() {
        return stored.episodes();
    }

    /** T, the number of samples written to each. */
    public int samples() {
        return stored.samples();
    }

    /**
     * One of the memories alone.
     *
     * @param index from 0 to B - 1
     * @throws IndexOutOfBoundsException for another index
     */
    public Memory episode(int index) {
        return new Memory(stored.part(Objects.checkIndex(index, episodes()), 1));
    }

    /**
     * Writes a memory file, atomically if it replaces one. Links are followed, a replaced file leaves its permissions
     * to the new one, and a pipe or device takes the bytes and stays.
     *
     * <p>The file is flat and little-endian:
     *
     * <pre>
     *   offset  bytes  content
     *        0      8  the ASCII letters KANMEMRY
     *        8      4  format version, 2                                   (unsigned 32-bit)
     *       12      4  where the floats begin, 76                          (unsigned 32-bit)
     *       16     24  B, C, H, W, T, K                                    (six unsigned 32-bit numbers)
     *       40     32  model id: the SHA-256 of {@link Bundle#modelId()}, raw
     *       72      4  0; 1 in the file of a {@link MemoryHeap}            (unsigned 32-bit)
     *       76    4 n  memory [B, C, H, W], then pointers [B, T, K, 3]
     *                                                                      (float32, row-major)
     *   76 + 4n        of a heap alone, whose B is 1: the ids of its T places (signed 64-bit), then T bytes,
     *                  1 for a place with a sample, 0 for a free one, whose block and id count for nothing
     *                  SHA-256 of all bytes before it, 32 bytes
     * </pre>
     *
     * <p>Of a memory, not of a heap, in Python: {@code header = numpy.frombuffer(data, '<u4', 8, 8)} and {@code floats
     * = numpy.frombuffer(data[76:-32], '<f4')}; in JavaScript: {@code new Uint32Array(data, 8, 8)} and {@code new
     * Float32Array(data, 76, (data.byteLength - 108) / 4)}.
     *
     * @throws MemoryFileException if the file cannot be written
     */
    public void save(Path file) {
        stored.save(file);
    }

    /** The bytes of {@link #save}'s file; {@link Kanerva#loadMemory(byte[])} reads them. */
    public byte[] toBytes() {
        return stored.toBytes();
    }

    /** Equal models, memories and pointers. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Memory that && stored.equals(that.stored);
    }

    @Override
    public int hashCode() {
        return stored.hashCode();
    }

    /** Its shapes, such as {@code Memory[memory float32[1, 10, 28, 56], pointers float32[1, 32, 1, 3]]}. */
    @Override
    public String toString() {
        return "Memory[memory " + stored.memory() + ", pointers " + stored.pointers() + "]";
    }
}
