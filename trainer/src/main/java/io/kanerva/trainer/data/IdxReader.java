package io.kanerva.trainer.data;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Reads the IDX format of the MNIST files: two zero bytes, a byte for the element type, a byte for the number of
 * dimensions, the dimensions as big-endian 32-bit integers, the values.
 *
 * @see <a href="http://yann.lecun.com/exdb/mnist/">The MNIST database, "the IDX file format"</a>
 */
final class IdxReader {
    private static final int UNSIGNED_BYTES = 0x08;

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
}
