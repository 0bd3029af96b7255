package io.kanerva.trainer.data;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Reads a file of images in any of these formats, gzipped or not:
 *
 * <ul>
 *   <li>IDX with three dimensions of unsigned bytes, the format of MNIST: [images][rows][columns] of grey levels;
 *   <li>{@code .amat} text, the format of the fixed binarisation of MNIST: 784 zeros and ones per line;
 *   <li>NumPy {@code .npy}: [images, 98] unsigned bytes of packed bits, or [images, 784], [images, rows, columns],
 *       [images, channels, rows, columns] and [images, rows, columns, channels] of integers, booleans or floating-point
 *       numbers ({@link NpyPixels}), in C or Fortran order.
 * </ul>
 *
 * <p>A file of zeros and ones only is taken as black and white: its ones become 255. The format is recognised by the
 * first bytes, not by the name, so a renamed file is read all the same and labels are not mistaken for images. The
 * readers are ours because no maintained Java library reads IDX, and those that read {@code .npy} bring a numeric
 * library along for a format of one header line.
 */
public final class ImageFiles {
    private static final int BUFFER = 1 << 16;
    /** The most characters of a file that a message quotes. */
    private static final int MAX_QUOTED = 200;

    private ImageFiles() {}

    /**
     * Reads all images of a file.
     *
     * @param file the file; its name becomes the set's name
     * @throws DataFormatException if the file is missing, empty, truncated, too long, corrupt, or in none of the
     *     formats above
     */
    public static ImageSet read(Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            String name = file.getFileName() == null
                    ? file.toString()
                    : file.getFileName().toString();
            // A pipe knows neither its length nor where it is, which the other kind of stream asks for.
            boolean isPipe = attributes.isOther();
            try (InputStream in = isPipe ? new FileInputStream(file.toFile()) : Files.newInputStream(file)) {
                return read(name, file.toString(), in, isPipe ? Integer.MAX_VALUE : attributes.size());
            }
        } catch (NoSuchFileException e) {
            throw new DataFormatException("%s: expected a file of images, found no such file".formatted(file), e);
        } catch (IOException e) {
            throw new DataFormatException(
                    "%s: expected a file of images, found an unreadable file (%s)".formatted(file, e.getMessage()), e);
        }
    }

    /**
     * Reads all images of a stream, which stays open.
     *
     * @param name the set's name
     * @param place the source's name in messages, usually a path
     * @param in the stream, at its start
     * @param size bytes in the stream before decompression; bounds the memory that a false header can claim
     * @throws DataFormatException as {@link #read(Path)}
     */
    static ImageSet read(String name, String place, InputStream in, long size) {
        return unpacked(name, place, in, size, "images", source -> {
            byte[] start = peek(source.in());
            if (isNpy(source.in())) {
                return NpyReader.read(source);
            }
            if (startsWith(start, 0, 0)) {
                return IdxReader.read(source);
            }
            if (start[0] >= '0' && start[0] <= '9' || start[0] == ' ' || start[0] == '\t') {
                return AmatReader.read(source);
            }
            throw new DataFormatException("%s: expected an IDX, .amat or .npy file of images, found the first bytes %s"
                    .formatted(place, hex(start)));
        });
    }

    /** Parses a file's decompressed bytes. */
    interface Format<T> {
        T read(Source source) throws IOException;
    }

    /**
     * Reads a stream, decompressing it if it is gzipped.
     *
     * @param what the expected content, for messages
     * @throws DataFormatException if the stream is empty, corrupt or unreadable
     */
    static <T> T unpacked(String name, String place, InputStream in, long size, String what, Format<T> format) {
        long limit = size;
        try {
            PushbackInputStream head = new PushbackInputStream(new BufferedInputStream(in, BUFFER), 8);
            byte[] start = peek(head);
            if (start.length == 0) {
                throw new DataFormatException("%s: expected %s, found an empty file".formatted(place, what));
            }
            if (startsWith(start, 0x1f, 0x8b)) {
                // Deflate cannot shrink by more than 1032 to 1.
                limit = size * 1032;
                head = new PushbackInputStream(new BufferedInputStream(new GZIPInputStream(head, BUFFER), BUFFER), 8);
                if (peek(head).length == 0) {
                    throw new DataFormatException("%s: expected %s, found an empty gzip file".formatted(place, what));
                }
            }
            return format.read(new Source(name, place, head, limit));
        } catch (ZipException e) {
            throw new DataFormatException(
                    "%s: expected a valid gzip file, found a corrupt one (%s)".formatted(place, e.getMessage()), e);
        } catch (EOFException e) {
            throw new DataFormatException(
                    "%s: expected a complete gzip file, found a truncated one".formatted(place), e);
        } catch (IOException e) {
            throw new DataFormatException(
                    "%s: expected %s, found an unreadable file (%s)".formatted(place, what, e.getMessage()), e);
        }
    }

    /** Whether a stream begins like a NumPy array, without consuming any of it. */
    static boolean isNpy(PushbackInputStream in) throws IOException {
        return startsWith(peek(in), 0x93, 'N', 'U', 'M', 'P', 'Y');
    }

    /** Returns up to 8 bytes without consuming them. */
    private static byte[] peek(PushbackInputStream in) throws IOException {
        byte[] start = in.readNBytes(8);
        in.unread(start);
        return start;
    }

    private static boolean startsWith(byte[] bytes, int... expected) {
        for (int i = 0; i < expected.length; i++) {
            if (i >= bytes.length || (bytes[i] & 0xff) != expected[i]) {
                return false;
            }
        }
        return true;
    }

    private static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < Math.min(4, bytes.length); i++) {
            text.append(i == 0 ? "" : " ").append("%02x".formatted(bytes[i]));
        }
        return text.toString();
    }

    /**
     * A decompressed stream and what its messages need.
     *
     * @param name the set's name
     * @param place the source's name in messages
     * @param in the decompressed bytes
     * @param limit upper bound of the number of bytes
     */
    record Source(String name, String place, PushbackInputStream in, long limit) {

        DataFormatException bad(String expected, String found) {
            String brief = found.length() <= MAX_QUOTED ? found : found.substring(0, MAX_QUOTED) + "...";
            return new DataFormatException("%s: expected %s, found %s".formatted(place, expected, brief));
        }

        /** Reads exactly {@code count} bytes; {@code what} describes them in the message if there are fewer. */
        byte[] bytes(int count, String what) throws IOException {
            byte[] bytes = new byte[count];
            int read = in.readNBytes(bytes, 0, count);
            if (read < count) {
                throw bad("%d bytes of %s".formatted(count, what), "%d (the file is truncated)".formatted(read));
            }
            return bytes;
        }

        /**
         * Reads the last {@code count} bytes of the file: none may follow.
         *
         * @param shape the header's description of them, for messages
         */
        byte[] pixels(long count, String shape) throws IOException {
            return pixels(count, shape, "pixels");
        }

        /** Like {@link #pixels(long, String)}, for bytes other than pixels. */
        byte[] pixels(long count, String shape, String what) throws IOException {
            String expected = "%d bytes of %s (%s)".formatted(count, what, shape);
            if (count > Integer.MAX_VALUE - 16) {
                throw bad("less than 2 GiB of pixels", "%d bytes in the header (%s)".formatted(count, shape));
            }
            if (count > limit) {
                throw bad(expected, "a much shorter file");
            }
            byte[] pixels = new byte[(int) count];
            int read;
            try {
                read = in.readNBytes(pixels, 0, pixels.length);
            } catch (EOFException e) {
                throw new DataFormatException(
                        "%s: expected %s, found a truncated gzip file".formatted(place, expected), e);
            }
            if (read < count) {
                throw bad(expected, "%d (the file is truncated)".formatted(read));
            }
            if (in.read() >= 0) {
                throw bad(expected, "more bytes after them");
            }
            return pixels;
        }

        /** Like {@link #pixels}, but if no value is above 1, ones become 255. */
        byte[] inkOrGrey(long count, String shape) throws IOException {
            byte[] pixels = pixels(count, shape);
            for (byte pixel : pixels) {
                if ((pixel & 0xff) > 1) {
                    return pixels;
                }
            }
            for (int i = 0; i < pixels.length; i++) {
                pixels[i] = (byte) (pixels[i] * 255);
            }
            return pixels;
        }
    }
}
