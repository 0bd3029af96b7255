package io.kanerva.tools.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Writes NumPy's .npy format, version 1.0, row-major. */
final class NpyFile {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
    private static final int ALIGNMENT = 64;

    private NpyFile() {}

    /** Writes little-endian float32 values. */
    static void write(Path file, float[] values, long... shape) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        write(file, "<f4", bytes.array(), shape);
    }

    /** Writes unsigned bytes. */
    static void write(Path file, byte[] values, long... shape) throws IOException {
        write(file, "|u1", values, shape);
    }

    private static void write(Path file, String type, byte[] data, long... shape) throws IOException {
        String sizes = Arrays.stream(shape).mapToObj(size -> size + ",").collect(Collectors.joining(" "));
        String header = "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }".formatted(type, sizes);
        int start = MAGIC.length + Short.BYTES;
        // The header ends in a line feed, and the data is aligned to 64 bytes.
        int end = (start + header.length() + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        ByteBuffer whole = ByteBuffer.allocate(end + data.length).order(ByteOrder.LITTLE_ENDIAN);
        whole.put(MAGIC).putShort((short) (end - start)).put(header.getBytes(StandardCharsets.US_ASCII));
        while (whole.position() < end - 1) {
            whole.put((byte) ' ');
        }
        whole.put((byte) '\n').put(data);
        Files.write(file, whole.array());
    }
}
