package io.kanerva.trainer.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads labels in MNIST's format: IDX with one dimension of unsigned bytes, gzipped or not. */
final class LabelFiles {
    private static final int MAGIC = 0x801;

    private LabelFiles() {}

    /**
     * Reads all labels of a file.
     *
     * @param count the expected number of labels
     * @throws DataFormatException if the file is unreadable or malformed
     */
    static int[] read(Path file, int count) {
        try (InputStream in = Files.newInputStream(file)) {
            return read(file.toString(), in, Files.size(file), count);
        } catch (IOException e) {
            throw new DataFormatException(
                    "%s: expected a file of labels, found an unreadable file (%s)".formatted(file, e.getMessage()), e);
        }
    }

    static int[] read(String place, InputStream in, long size, int count) {
        return ImageFiles.unpacked(place, place, in, size, "labels", source -> {
            ByteBuffer header = ByteBuffer.wrap(source.bytes(8, "IDX header"));
            int magic = header.getInt();
            int found = header.getInt();
            if (magic != MAGIC) {
                throw source.bad("labels (IDX magic %08x)".formatted(MAGIC), "the magic %08x".formatted(magic));
            }
            if (found != count) {
                throw source.bad("%d labels, one for each image".formatted(count), Integer.toUnsignedString(found));
            }
            byte[] bytes = source.pixels(count, "one for each label", "labels");
            int[] labels = new int[count];
            for (int i = 0; i < count; i++) {
                labels[i] = bytes[i] & 0xff;
            }
            return labels;
        });
    }
}
