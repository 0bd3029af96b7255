package io.kanerva.trainer.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Reads the IDX format of the MNIST files: two zero bytes, a byte for the element type, a byte for the number of
 * dimensions, the dimensions as big-endian 32-bit integers, the values.
 *
 * @see <a href="http://yann.lecun.com/exdb/mnist/">The MNIST database, "the IDX file format"</a>
 */
final class IdxReader {
    private static final int UNSIGNED_BYTES = 0x08;
    private static final int LABELS = 0x801;

    private IdxReader() {}

    /** Reads images from a file of unsigned bytes, [images][rows][columns]. */
    static ImageSet read(ImageFiles.Source source) throws IOException {
        byte[] magic = source.bytes(4, "IDX header");
        int type = magic[2] & 0xff;
        int dimensions = magic[3] & 0xff;
        if (type == UNSIGNED_BYTES && dimensions == 1) {
            throw source.bad("images (IDX magic 00000803)", "a file of labels (IDX magic 00000801)");
        }
        if (type != UNSIGNED_BYTES || dimensions != 3) {
            throw source.bad("images (IDX magic 00000803)", "the magic 0000%02x%02x".formatted(type, dimensions));
        }
        ByteBuffer header = ByteBuffer.wrap(source.bytes(12, "IDX dimensions"));
        long count = Integer.toUnsignedLong(header.getInt());
        long rows = Integer.toUnsignedLong(header.getInt());
        long columns = Integer.toUnsignedLong(header.getInt());
        String shape = "%d images of %d x %d".formatted(count, rows, columns);
        if (count == 0 || rows == 0 || columns == 0) {
            throw source.bad("at least one image of at least one pixel", shape);
        }
        if (rows > 1 << 14 || columns > 1 << 14) {
            throw source.bad("images of at most 16384 x 16384", shape);
        }
        byte[] pixels = source.inkOrGrey(count * rows * columns, shape);
        return new ImageSet(source.name(), (int) count, 1, (int) rows, (int) columns, pixels);
    }

    /**
     * Reads all labels of a file: one dimension of unsigned bytes, gzipped or not.
     *
     * @param count the expected number of labels
     * @throws DataFormatException if the file is unreadable or malformed
     */
    static int[] labels(Path file, int count) {
        try (InputStream in = Files.newInputStream(file)) {
            return labels(file.toString(), in, Files.size(file), count);
        } catch (IOException e) {
            throw new DataFormatException(
                    "%s: expected a file of labels, found an unreadable file (%s)".formatted(file, e.getMessage()), e);
        }
    }

    static int[] labels(String place, InputStream in, long size, int count) {
        return ImageFiles.unpacked(place, place, in, size, "labels", source -> {
            ByteBuffer header = ByteBuffer.wrap(source.bytes(8, "IDX header"));
            int magic = header.getInt();
            int found = header.getInt();
            if (magic != LABELS) {
                throw source.bad("labels (IDX magic %08x)".formatted(LABELS), "the magic %08x".formatted(magic));
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
