package io.kanerva.trainer.data;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.PushbackInputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/** NumPy's {@code .npz}: a zip of arrays, compressed or not. Arrays are streamed one at a time. */
final class NpzFile implements AutoCloseable {
    private static final int BUFFER = 1 << 16;

    private final Path file;
    private final ZipFile zip;

    /** @throws DataFormatException if it is not a zip file */
    NpzFile(Path file) {
        this.file = file;
        try {
            zip = new ZipFile(file.toFile());
        } catch (IOException e) {
            throw new DataFormatException(
                    "%s: expected a NumPy .npz file, found an unreadable file (%s)".formatted(file, e.getMessage()), e);
        }
    }

    /**
     * Reads one array.
     *
     * @param format reads the array, beginning with its header ({@link NpyReader#header})
     * @throws DataFormatException if the array is missing or unreadable
     */
    <T> T array(String name, ImageFiles.Format<T> format) {
        return optional(name, format)
                .orElseThrow(
                        () -> new DataFormatException("%s: expected an array '%s', found none".formatted(file, name)));
    }

    /** The names of all arrays, sorted. */
    List<String> names() {
        return zip.stream()
                .map(ZipEntry::getName)
                .filter(name -> name.endsWith(".npy"))
                .map(name -> name.substring(0, name.length() - 4))
                .sorted()
                .toList();
    }

    /** Like {@link #array}, but empty if there is no such array. */
    <T> Optional<T> optional(String name, ImageFiles.Format<T> format) {
        ZipEntry entry = zip.getEntry(name + ".npy");
        if (entry == null) {
            return Optional.empty();
        }
        String place = file + ", array '" + name + "'";
        try (CheckedInputStream in = new CheckedInputStream(zip.getInputStream(entry), new CRC32())) {
            ImageFiles.Source source = new ImageFiles.Source(
                    name, place, new PushbackInputStream(new BufferedInputStream(in, BUFFER), 8), entry.getSize());
            T array = format.read(source);
            // The array has been read to its end; Java's ZipFile does not compare checksums.
            if (in.getChecksum().getValue() != entry.getCrc()) {
                throw source.bad("an intact array", "a damaged one, of another checksum");
            }
            return Optional.of(array);
        } catch (ZipException e) {
            throw new DataFormatException(
                    "%s: expected a valid zip file, found a corrupt one (%s)".formatted(place, e.getMessage()), e);
        } catch (EOFException e) {
            throw new DataFormatException("%s: expected a complete array, found a truncated one".formatted(place), e);
        } catch (IOException e) {
            throw new DataFormatException(
                    "%s: expected an array, found an unreadable one (%s)".formatted(place, e.getMessage()), e);
        }
    }

    /** Reads integers of any of NumPy's types, with their signs, for {@link #array}. */
    static long[] integers(ImageFiles.Source source) throws IOException {
        NpyReader.Header header = NpyReader.header(source);
        NpyValues type = NpyValues.of(header.type())
                .filter(values -> values.kind() != 'f')
                .orElseThrow(() -> source.bad("integers", "NumPy type '" + header.type() + "'"));
        ByteBuffer bytes = type.view(source.pixels(header.values() * type.width(), header.describe(), "integers"));
        long[] numbers = new long[(int) header.values()];
        try {
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = type.exact(bytes, i);
            }
            return numbers;
        } catch (ArithmeticException e) {
            throw source.bad("integers below 2^63", e.getMessage());
        }
    }

    /** The file, for messages. */
    @Override
    public String toString() {
        return file.toString();
    }

    @Override
    public void close() {
        try {
            zip.close();
        } catch (IOException e) {
            throw new DataFormatException(
                    "%s: expected to close the file, found an error (%s)".formatted(file, e.getMessage()), e);
        }
    }
}
