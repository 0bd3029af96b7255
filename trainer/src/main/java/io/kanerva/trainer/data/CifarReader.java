package io.kanerva.trainer.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads CIFAR-10's binary version, gzipped or not: records of one label byte, 0 to 9, and 3,072 pixel bytes, a red, a
 * green and a blue plane of 32 x 32, row-major.
 *
 * @see <a href="https://www.cs.toronto.edu/~kriz/cifar.html">The CIFAR-10 dataset, "Binary version"</a>
 */
final class CifarReader {
    private static final int CHANNELS = 3;
    private static final int SIDE = 32;
    private static final int PIXELS = CHANNELS * SIDE * SIDE;
    private static final int RECORD = 1 + PIXELS;
    private static final int CLASSES = 10;

    private CifarReader() {}

    /**
     * Reads the records of all files in order.
     *
     * @throws DataFormatException if a file does not consist of complete records
     */
    static ImageSet read(String name, List<Path> files) {
        List<byte[]> parts = new ArrayList<>();
        long records = 0;
        for (Path file : files) {
            parts.add(records(file));
            records += parts.get(parts.size() - 1).length / RECORD;
        }
        if (records * PIXELS > Integer.MAX_VALUE - 16) {
            throw new DataFormatException("%s: expected less than 2 GiB of pixels, found %d images"
                    .formatted(files.get(0).getParent(), records));
        }
        byte[] pixels = new byte[(int) records * PIXELS];
        int[] labels = new int[(int) records];
        int image = 0;
        for (byte[] part : parts) {
            for (int start = 0; start < part.length; start += RECORD, image++) {
                labels[image] = part[start];
                System.arraycopy(part, start + 1, pixels, image * PIXELS, PIXELS);
            }
        }
        return new ImageSet(name, labels.length, CHANNELS, SIDE, SIDE, pixels, labels);
    }

    private static byte[] records(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return ImageFiles.unpacked(
                    file.toString(), file.toString(), in, Files.size(file), "CIFAR-10 records", CifarReader::records);
        } catch (IOException e) {
            throw new DataFormatException(
                    "%s: expected CIFAR-10 records, found an unreadable file (%s)".formatted(file, e.getMessage()), e);
        }
    }

    private static byte[] records(ImageFiles.Source source) throws IOException {
        byte[] bytes = source.in().readNBytes(Integer.MAX_VALUE - 16);
        if (bytes.length % RECORD != 0) {
            throw source.bad(
                    "complete CIFAR-10 records of %d bytes".formatted(RECORD),
                    "%d bytes, which is %d records and %d bytes"
                            .formatted(bytes.length, bytes.length / RECORD, bytes.length % RECORD));
        }
        for (int start = 0; start < bytes.length; start += RECORD) {
            if ((bytes[start] & 0xff) >= CLASSES) {
                throw source.bad(
                        "a label from 0 to 9 at the start of record %d".formatted(start / RECORD),
                        Integer.toString(bytes[start] & 0xff));
            }
        }
        return bytes;
    }
}
