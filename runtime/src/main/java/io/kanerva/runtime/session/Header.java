package io.kanerva.runtime.session;

import io.kanerva.runtime.Bundle;
import io.kanerva.runtime.MemoryFileException;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.runtime.Planes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The beginning of a memory file.
 *
 * @param sizes B, C, H, W, T, K, and 1 if ids follow, as in the file of a heap, else 0
 * @param bytes the length of the whole file, at most an array's
 */
record Header(int[] sizes, long bytes) {

    static final byte[] MAGIC = "KANMEMRY".getBytes(StandardCharsets.US_ASCII);
    static final int VERSION = 2;

    /** The header's own length: where the floats begin. */
    static final int BYTES = 76;

    /**
     * Reads the header of a memory that must belong to {@code bundle}'s model.
     *
     * @param start the file's first bytes, or all
     * @throws MemoryFileException if it is another file's or another model's
     */
    static Header read(String file, byte[] start, Bundle bundle) {
        if (start.length < MAGIC.length || !Arrays.equals(start, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw new MemoryFileException(
                    "%s: expected a memory file, which starts with KANMEMRY, found another kind of file", file);
        }
        if (start.length < BYTES) {
            throw StoredMemory.truncated(file, BYTES + StoredMemory.DIGEST_BYTES, start.length);
        }
        ByteBuffer buffer =
                ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).position(MAGIC.length);
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
        byte[] modelId = new byte[StoredMemory.DIGEST_BYTES];
        buffer.get(modelId);
        sizes[6] = buffer.getInt();
        checkModel(file, modelId, sizes, bundle);
        if (floatsAt != BYTES) {
            throw new MemoryFileException("%s: expected its floats at byte %d, found %d", file, BYTES, floatsAt);
        }
        // Sizes are at least 1 and the planes those of so many samples, so that this does not overflow.
        long each = (long) sizes[1] * sizes[2] * sizes[3] + (long) sizes[4] * sizes[5] * 3;
        double ids = sizes[6] * (double) sizes[4] * (Long.BYTES + 1);
        double bytes = BYTES + (double) sizes[0] * each * Float.BYTES + ids + StoredMemory.DIGEST_BYTES;
        if (bytes > StoredMemory.MAX_BYTES) {
            throw new MemoryFileException(
                    "%s: expected a memory file of at most %d bytes, found sizes %s for more",
                    file, StoredMemory.MAX_BYTES, sizes);
        }
        return new Header(sizes, (long) bytes);
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
                && sizes[1] == planes.channels()
                && sizes[3] == planes.width()
                && sizes[4] >= 1
                && sizes[4] <= settings.capacity()
                && sizes[2] == settings.memoryHeight(sizes[4])
                && sizes[5] == settings.keys()
                && (sizes[6] == 0 || sizes[6] == 1 && sizes[0] == 1 && settings.grows());
        if (!fits) {
            throw new MemoryFileException(
                    "%s: expected memories %s%s with %d keys per sample, found sizes %s for [B, C, H, W, T, K, ids]",
                    file,
                    planes,
                    settings.grows() ? ", of the height that their samples take," : "",
                    settings.keys(),
                    Arrays.stream(sizes).mapToObj(Integer::toUnsignedString).toList());
        }
    }
}
