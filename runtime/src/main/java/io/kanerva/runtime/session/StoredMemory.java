package io.kanerva.runtime.session;

import io.kanerva.runtime.Bundle;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Memory;
import io.kanerva.runtime.MemoryFileException;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.runtime.Planes;
import io.kanerva.runtime.bundle.Sha256;
import io.kanerva.runtime.bundle.Signature;
import io.kanerva.runtime.math.ContentSearch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * What a {@link Memory} holds, without copies, and its file format, which {@link Memory#save} documents. Immutable:
 * threads that fill its caches concurrently compute the same.
 */
public final class StoredMemory {

    private static final byte[] MAGIC = "KANMEMRY".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 2;
    private static final int FLOATS_AT = 76;
    private static final int DIGEST_BYTES = 32;

    private final FloatTensor memory;
    private final FloatTensor pointers;
    private final FloatTensor contentMean;
    private final String modelId;
    private volatile ContentSearch contents;
    private volatile boolean finite;

    /**
     * @param memory [B, C, H, W]
     * @param pointers [B, T, K, 3]
     * @param contentMean [B, E], E being 0 for a heap
     */
    public StoredMemory(FloatTensor memory, FloatTensor pointers, FloatTensor contentMean, String modelId) {
        this.memory = memory;
        this.pointers = pointers;
        this.contentMean = contentMean;
        this.modelId = modelId;
    }

    public FloatTensor memory() {
        return memory;
    }

    /** The memories, checked once to be finite: a check takes longer than a copy. */
    FloatTensor finiteMemory() {
        if (!finite) {
            Signature.requireFinite("memory", memory);
            finite = true;
        }
        return memory;
    }

    public FloatTensor pointers() {
        return pointers;
    }

    public FloatTensor contentMean() {
        return contentMean;
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

    /** The written samples as they read back, ready to be searched; null before the first search of a heap. */
    ContentSearch contents() {
        return contents;
    }

    void contents(ContentSearch computed) {
        contents = computed;
    }

    /** {@code added} after what stands for earlier samples: zeros for a heap, their mean for a pooled writer. */
    FloatTensor contentBefore(FloatTensor added) {
        int[] shape = added.shape().clone();
        int sample = added.size() / (shape[0] * shape[1]);
        int one = added.size() / shape[0];
        shape[1] += samples();
        FloatTensor content = FloatTensor.zeros(shape);
        for (int episode = 0; episode < shape[0]; episode++) {
            int start = episode * (samples() * sample + one);
            for (int t = 0; t < samples() && contentMean.size() > 0; t++) {
                System.arraycopy(contentMean.data(), episode * sample, content.data(), start + t * sample, sample);
            }
            System.arraycopy(added.data(), episode * one, content.data(), start + samples() * sample, one);
        }
        return content;
    }

    /** Mean over the samples, in float64: [B, E] of [B, T, E]. */
    static FloatTensor mean(FloatTensor content) {
        int samples = content.dimension(1);
        int length = content.dimension(2);
        FloatTensor mean = FloatTensor.zeros(content.dimension(0), length);
        for (int i = 0; i < mean.size(); i++) {
            double sum = 0;
            for (int t = 0; t < samples; t++) {
                sum += content.data()[(i / length * samples + t) * length + i % length];
            }
            mean.data()[i] = (float) (sum / samples);
        }
        return mean;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof StoredMemory that
                && modelId.equals(that.modelId)
                && memory.equals(that.memory)
                && pointers.equals(that.pointers)
                && contentMean.equals(that.contentMean);
    }

    @Override
    public int hashCode() {
        return 31 * memory.hashCode() + pointers.hashCode();
    }

    /** Writes the file; {@link Memory#save}. */
    public void save(Path file) {
        try {
            Path folder = file.toAbsolutePath().getParent();
            if (Files.isDirectory(file) || !Files.isDirectory(folder)) {
                throw new MemoryFileException(
                        "%s: expected a file in an existing folder, found %s",
                        file, Files.isDirectory(file) ? "a folder" : "no such folder");
            }
            Path unfinished = Files.createTempFile(folder, "." + file.getFileName(), ".tmp");
            try {
                Files.write(unfinished, toBytes());
                Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(unfinished);
            }
        } catch (IOException e) {
            throw new MemoryFileException(e, "%s: expected a writable file, found an error (%s)", file, e);
        }
    }

    /** The file's bytes. */
    public byte[] toBytes() {
        int floats = Math.addExact(Math.addExact(memory.size(), pointers.size()), contentMean.size());
        int size = Math.addExact(Math.multiplyExact(floats, Float.BYTES), FLOATS_AT + DIGEST_BYTES);
        ByteBuffer buffer = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        buffer.put(MAGIC).putInt(VERSION).putInt(FLOATS_AT);
        for (int dimension : memory.shape()) {
            buffer.putInt(dimension);
        }
        buffer.putInt(samples()).putInt(pointers.dimension(2));
        buffer.put(HexFormat.of().parseHex(modelId)).putInt(contentMean.dimension(1));
        for (FloatTensor tensor : List.of(memory, pointers, contentMean)) {
            buffer.asFloatBuffer().put(tensor.data());
            buffer.position(buffer.position() + tensor.size() * Float.BYTES);
        }
        buffer.put(Sha256.of(Arrays.copyOf(buffer.array(), size - DIGEST_BYTES)));
        return buffer.array();
    }

    /** The memory in {@code file}, which must belong to {@code bundle}'s model. */
    public static StoredMemory read(Path file, Bundle bundle) {
        byte[] bytes;
        if (!Files.exists(file) || Files.isDirectory(file)) {
            throw new MemoryFileException("%s: expected a memory file, found none", file);
        }
        try {
            bytes = Files.readAllBytes(file);
        } catch (IOException e) {
            throw new MemoryFileException(e, "%s: the memory file cannot be read: %s", file, e);
        }
        return parse(file.toString(), bytes, bundle);
    }

    /** The memory that {@code bytes} hold; {@code file} names them in messages. */
    public static StoredMemory parse(String file, byte[] bytes, Bundle bundle) {
        if (bytes.length < MAGIC.length || !Arrays.equals(bytes, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw new MemoryFileException(
                    "%s: expected a memory file, which starts with KANMEMRY, found another kind of file", file);
        }
        if (bytes.length < FLOATS_AT + DIGEST_BYTES) {
            throw truncated(file, FLOATS_AT + DIGEST_BYTES, bytes.length);
        }
        ByteBuffer buffer =
                ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).position(MAGIC.length);
        int version = buffer.getInt();
        if (version != VERSION) {
            throw new MemoryFileException(
                    "%s: expected memory format version %d, found %s",
                    file, VERSION, Integer.toUnsignedString(version));
        }
        int floatsAt = buffer.getInt();
        int[] sizes = new int[7];
        for (int i = 0; i < 6; i++) {
            sizes[i] = buffer.getInt();
        }
        byte[] modelId = new byte[DIGEST_BYTES];
        buffer.get(modelId);
        sizes[6] = buffer.getInt();
        checkModel(file, modelId, sizes, bundle);
        Planes planes = bundle.settings().memory();
        long memoryFloats = (long) sizes[0] * planes.floats();
        long pointerFloats = (long) sizes[0] * (sizes[4] * bundle.settings().keys() * 3L + sizes[6]);
        // Sizes were checked to be at least 1 and the planes to be small, so this does not overflow.
        long expected = FLOATS_AT + Math.addExact(memoryFloats, pointerFloats) * Float.BYTES + DIGEST_BYTES;
        if (expected != bytes.length || floatsAt != FLOATS_AT) {
            throw truncated(file, expected, bytes.length);
        }
        byte[] digest = Arrays.copyOfRange(bytes, bytes.length - DIGEST_BYTES, bytes.length);
        if (!Arrays.equals(digest, Sha256.of(Arrays.copyOf(bytes, bytes.length - DIGEST_BYTES)))) {
            throw new MemoryFileException("%s: expected its SHA-256 to match, found a damaged file", file);
        }
        FloatTensor memory = floats(buffer, sizes[0], planes.channels(), planes.height(), planes.width());
        FloatTensor pointers = floats(buffer, sizes[0], sizes[4], sizes[5], 3);
        return new StoredMemory(memory, pointers, floats(buffer, sizes[0], sizes[6]), bundle.modelId());
    }

    private static void checkModel(String file, byte[] modelId, int[] sizes, Bundle bundle) {
        String found = HexFormat.of().formatHex(modelId);
        if (!found.equals(bundle.modelId())) {
            throw new MemoryFileException(
                    "%s: the memory belongs to another model: expected model id %s (%s), found %s",
                    file, bundle.modelId(), bundle.name(), found);
        }
        ModelSettings settings = bundle.settings();
        Planes planes = settings.memory();
        boolean fits = sizes[0] >= 1
                && sizes[4] >= 1
                && sizes[4] <= settings.capacity()
                && sizes[5] == settings.keys()
                && sizes[6] == settings.embedding();
        if (!fits || !new Planes(sizes[1], sizes[2], sizes[3]).equals(planes)) {
            throw new MemoryFileException(
                    "%s: expected memories %s with %d keys per sample and embeddings of %d, found sizes %s for "
                            + "[B, C, H, W, T, K, E]",
                    file, planes, settings.keys(), settings.embedding(), sizes);
        }
    }

    private static MemoryFileException truncated(String file, long expected, long found) {
        return new MemoryFileException(
                "%s: expected a memory file of %d bytes, found %d: it is truncated or damaged", file, expected, found);
    }

    private static FloatTensor floats(ByteBuffer buffer, int... shape) {
        FloatTensor tensor = FloatTensor.zeros(shape);
        buffer.asFloatBuffer().get(tensor.data());
        buffer.position(buffer.position() + tensor.size() * Float.BYTES);
        return tensor;
    }
}
