package io.kanerva.trainer.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPOutputStream;

/** Creates the contents of small data files. */
final class Bytes {
    private Bytes() {}

    /** An IDX file of three dimensions whose pixel i is i modulo 256. */
    static byte[] idx(int count, int rows, int columns) {
        return concat(idxHeader(0x803, count, rows, columns), counting(count * rows * columns));
    }

    static byte[] idxHeader(int... words) {
        ByteBuffer header = ByteBuffer.allocate(4 * words.length);
        for (int word : words) {
            header.putInt(word);
        }
        return header.array();
    }

    static byte[] npy(String type, boolean fortran, String shape, byte[] values) {
        return npy(
                "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }\n"
                        .formatted(type, fortran ? "True" : "False", shape),
                values);
    }

    static byte[] npy(String header, byte[] values) {
        byte[] text = header.getBytes(StandardCharsets.US_ASCII);
        byte[] start = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (byte) text.length, (byte) (text.length >> 8)};
        return concat(start, text, values);
    }

    static byte[] counting(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) i;
        }
        return bytes;
    }

    static byte[] text(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
