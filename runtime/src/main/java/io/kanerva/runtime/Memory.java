package io.kanerva.runtime;

import java.nio.file.Path;

/**
 * B written memories. An immutable value that belongs to one model but to no open {@link Kanerva}: it may outlive the
 * one that wrote it and be used by every other of the same model.
 */
public final class Memory {

    /** Not to be changed: callers get copies. */
    final FloatTensor memory;

    final FloatTensor pointers;
    final FloatTensor contentMean;
    private final String modelId;

    /**
     * The images that the written samples read back as, ready to be searched. Filled by the first content search, which
     * may happen twice at once without harm: both compute the same.
     */
    private volatile ContentSearch contents;

    private volatile boolean finite;

    /**
     * @param memory [B, C, H, W]
     * @param pointers [B, T, K, 3]
     * @param contentMean [B, E], E being 0 for a heap
     */
    Memory(FloatTensor memory, FloatTensor pointers, FloatTensor contentMean, String modelId) {
        this.contentMean = contentMean;
        this.memory = memory;
        this.pointers = pointers;
        this.modelId = modelId;
    }

    /** A copy of the memories themselves, [B, C, H, W]. */
    public FloatTensor memory() {
        return memory.copy();
    }

    /**
     * A copy of where each sample was written: its keys (scale, x, y), [B, T, K, 3]; all 0 for a pooled writer, which
     * allocates nothing.
     */
    public FloatTensor pointers() {
        return pointers.copy();
    }

    /**
     * A copy of the mean of the written samples' embeddings, [B, E]: what a pooled writer needs to
     * {@linkplain Kanerva#extend extend} it. A heap needs nothing of the kind: [B, 0].
     */
    public FloatTensor contentMean() {
        return contentMean.copy();
    }

    /** The model that wrote it: {@link Bundle#modelId()}. */
    public String modelId() {
        return modelId;
    }

    /** B, how many memories. */
    public int episodes() {
        return memory.dimension(0);
    }

    /** T, how many samples were written to each. */
    public int samples() {
        return pointers.dimension(1);
    }

    /**
     * Writes a memory file. It replaces an older one in one step, so that a reader never sees half a file.
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
     *       72      4  E, 0 for a heap                                     (unsigned 32-bit)
     *       76    4 n  memory [B, C, H, W], then pointers [B, T, K, 3], then the contents' mean [B, E]
     *                                                                      (float32, row-major)
     *   76 + 4n     32  SHA-256 of all bytes before it
     * </pre>
     *
     * <p>In Python: {@code header = numpy.frombuffer(data, '<u4', 8, 8)} and {@code floats =
     * numpy.frombuffer(data[76:-32], '<f4')}; in JavaScript: {@code new Uint32Array(data, 8, 8)} and {@code new
     * Float32Array(data, 76, (data.byteLength - 108) / 4)}.
     *
     * @throws MemoryFileException if the file cannot be written
     */
    public void save(Path file) {
        MemoryFile.write(this, file);
    }

    /** The same as {@link #save}'s file, for a database or a cache; {@link Kanerva#loadMemory(byte[])} reads it. */
    public byte[] toBytes() {
        return MemoryFile.toBytes(this);
    }

    /** The memories, looked through for numbers that are not finite once: that takes longer than a copy. */
    FloatTensor checked() {
        if (!finite) {
            memory.requireFinite("memory");
            finite = true;
        }
        return memory;
    }

    ContentSearch contents() {
        return contents;
    }

    void contents(ContentSearch computed) {
        contents = computed;
    }

    /** Equal models, memories and pointers. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Memory that
                && modelId.equals(that.modelId)
                && memory.equals(that.memory)
                && pointers.equals(that.pointers)
                && contentMean.equals(that.contentMean);
    }

    @Override
    public int hashCode() {
        return 31 * memory.hashCode() + pointers.hashCode();
    }

    /** Its shapes, such as {@code Memory[memory float32[1, 10, 28, 56], pointers float32[1, 32, 1, 3]]}. */
    @Override
    public String toString() {
        return "Memory[memory " + memory + ", pointers " + pointers + "]";
    }
}
