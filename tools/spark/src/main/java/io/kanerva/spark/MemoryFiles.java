package io.kanerva.spark;

import io.kanerva.runtime.Memory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Files of single memories out of one of several: {@link Memory#save} documents the format. */
final class MemoryFiles {

    private static final byte[] MAGIC = "KANMEMRY".getBytes(StandardCharsets.US_ASCII);
    private static final int SIZES = 16;
    private static final int IDS = 72;
    private static final int HEADER = 76;
    private static final int DIGEST = 32;

    private MemoryFiles() {}

    /** The file of each of B memories. */
    static List<byte[]> each(Memory memory) {
        byte[] all = memory.toBytes();
        if (memory.episodes() == 1) {
            return List.of(all);
        }
        ByteBuffer header = ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN);
        int[] sizes = new int[6]; // B, C, H, W, T, K
        header.position(SIZES).asIntBuffer().get(sizes);
        int planes = sizes[1] * sizes[2] * sizes[3] * Float.BYTES;
        int pointers = sizes[4] * sizes[5] * 3 * Float.BYTES;
        return IntStream.range(0, sizes[0])
                .mapToObj(episode -> {
                    ByteBuffer one = ByteBuffer.allocate(HEADER + planes + pointers + DIGEST)
                            .order(ByteOrder.LITTLE_ENDIAN);
                    one.put(all, 0, HEADER).putInt(SIZES, 1);
                    one.put(all, HEADER + episode * planes, planes);
                    one.put(all, HEADER + sizes[0] * planes + episode * pointers, pointers);
                    byte[] content = Arrays.copyOf(one.array(), one.position());
                    return one.put(SentBundle.sha256(content)).array();
                })
                .toList();
    }

    /** Whether a file has ids, as that of a heap. */
    static boolean hasIds(byte[] file) {
        return file.length > HEADER
                && Arrays.equals(file, 0, MAGIC.length, MAGIC, 0, MAGIC.length)
                && ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getInt(IDS) != 0;
    }

    /** The digest at a file's end. */
    static ByteBuffer digest(byte[] file) {
        return ByteBuffer.wrap(file, Math.max(0, file.length - DIGEST), Math.min(file.length, DIGEST));
    }
}
