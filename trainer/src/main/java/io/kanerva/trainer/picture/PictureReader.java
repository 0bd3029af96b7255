package io.kanerva.trainer.picture;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Reads picture files: PNG, JPEG, GIF, BMP, WebP and TIFF, known by their content rather than their name. The result is
 * what Pillow reads, in 8 bits:
 *
 * <ul>
 *   <li>samples of 1, 2 and 4 bits are spread over 0 to 255; of 16 bits, the upper eight are kept;
 *   <li>a grey level stays the number that is stored, without a change of gamma;
 *   <li>transparent pixels are laid on white;
 *   <li>an ICC profile other than sRGB's is applied, so that the result is sRGB; inks (CMYK) without one are
 *       multiplied;
 *   <li>the picture is turned upright as its Exif orientation says;
 *   <li>of several pictures, as in an animated GIF or a TIFF file of several pages, the first is read.
 * </ul>
 *
 * <p>All else is refused: numbers of more than 16 bits or floating-point ones, other colour models, animated WebP
 * files, truncated and damaged files, and pictures of more than {@value #MAX_PIXELS} pixels. Thread-safe.
 */
public final class PictureReader {
    /** The most pixels of a picture: those at which Pillow, too, suspects a decompression bomb. */
    public static final int MAX_PIXELS = 89_478_485;

    private static final long MAX_FILE_BYTES = 1L << 30;

    private PictureReader() {}

    /** Whether a file's name, by its ending, is that of a picture. */
    public static boolean isNamedLikeAPicture(Path file) {
        return file.getFileName() != null
                && file.getFileName()
                        .toString()
                        .toLowerCase(Locale.ROOT)
                        .matches("[^.].*\\.(jpe?g|jpe|jfif|png|gif|bmp|dib|webp|tiff?)");
    }

    /**
     * Reads a picture.
     *
     * @throws PictureException if it cannot be read right
     */
    public static Picture read(Path file) {
        try {
            if (!Files.isRegularFile(file)) {
                throw new Refusal(PictureFormat.NAMES, Files.exists(file) ? "no regular file" : "no such file");
            }
            if (Files.size(file) > MAX_FILE_BYTES) {
                throw new Refusal("a picture of at most 1 GiB", "%,d bytes".formatted(Files.size(file)));
            }
            return read(file.toString(), Files.readAllBytes(file));
        } catch (IOException e) {
            throw refused(
                    file.toString(),
                    e instanceof Refusal || e instanceof NoSuchFileException
                            ? e
                            : new Refusal("a readable file", e.toString()));
        }
    }

    /**
     * Reads a picture from the bytes of its file.
     *
     * @param place where they are from, for messages
     * @throws PictureException if it cannot be read right
     */
    public static Picture read(String place, byte[] file) {
        try {
            return read(file);
        } catch (IOException e) {
            throw refused(place, e);
        } catch (OutOfMemoryError e) {
            throw refused(
                    place,
                    new Refusal(
                            "a picture that fits into %d MiB of Java heap"
                                    .formatted(Runtime.getRuntime().maxMemory() >> 20),
                            "a larger one"));
        }
    }

    private static PictureException refused(String place, IOException e) {
        return new PictureException(place + ": " + e.getMessage(), e);
    }

    private static Picture read(byte[] file) throws IOException {
        PictureFormat format = PictureFormat.of(file);
        try {
            Decoded decoded = Decoded.of(format, file);
            ChannelSamples samples = decoded.samples();
            if (decoded.embedded().profile().length > 0) {
                samples = ColourProfile.applied(decoded.embedded().profile(), samples);
            }
            if (samples.bands() == 4) {
                samples = samples.unprofiledInks();
            }
            return Orientation.upright(samples.onWhite(), decoded.embedded().orientation());
        } catch (Refusal e) {
            throw e;
        } catch (EOFException e) {
            throw new Refusal("a complete %s file".formatted(format), "a truncated one");
        } catch (IOException e) {
            throw new Refusal("an intact %s file".formatted(format), damaged(e.getMessage()));
        } catch (RuntimeException e) {
            // Decoders run into damage in all kinds of ways; the messages of this kind say nothing to a reader.
            throw new Refusal("an intact %s file".formatted(format), damaged(null));
        } catch (LinkageError e) {
            throw new Refusal("a decoder of %s files for this platform".formatted(format), "none");
        }
    }

    private static String damaged(String message) {
        return message == null ? "a damaged one" : "a damaged one (%s)".formatted(message.replaceAll("\\s+", " "));
    }
}
