package io.kanerva.trainer.data;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
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
        try (InputStream in = zip.getInputStream(entry)) {
            ImageFiles.Source source = new ImageFiles.Source(
                    name, place, new PushbackInputStream(new BufferedInputStream(in, BUFFER), 8), entry.getSize());
            return Optional.of(format.read(source));
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

    /** Reads integers of any of NumPy's widths, for {@link #array}. */
    static int[] integers(ImageFiles.Source source) throws IOException {
        NpyReader.Header header = NpyReader.header(source);
        int width = switch (header.type()) {
            case "|u1", "|i1" -> 1;
            case "<i2", "<u2" -> 2;
            case "<i4", "<u4" -> 4;
            case "<i8", "<u8" -> 8;
            default -> throw source.bad("integers", "NumPy type '" + header.type() + "'");
        };
        ByteBuffer bytes = ByteBuffer.wrap(source.pixels(header.values() * width, header.describe(), "integers"))
                .order(ByteOrder.LITTLE_ENDIAN);
        int[] numbers = new int[(int) header.values()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = switch (width) {
                case 1 -> bytes.get(i) & 0xff;
                case 2 -> bytes.getShort(i * 2) & 0xffff;
                case 4 -> bytes.getInt(i * 4);
                default -> (int) bytes.getLong(i * 8);
            };
        }
        return numbers;
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
