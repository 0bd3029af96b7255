package io.kanerva.trainer.data;

import io.kanerva.trainer.picture.Picture;
import io.kanerva.trainer.picture.PictureException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Images of a {@code .npy} file that stay on disk, so that an array may be larger than the memory: each is read when it
 * is asked for.
 */
final class NpyOnDisk {
    private static final int CHUNK = 1 << 20;

    private NpyOnDisk() {}

    /**
     * Opens a file and looks at all its numbers once.
     *
     * @return empty if it is no NumPy array, or one whose images do not lie in it one after the other (in Fortran
     *     order, packed bits, gzipped), which {@link ImageFiles} reads
     * @throws DataFormatException if the file cannot be read, or holds no images
     */
    static Optional<OwnPart> open(Path file) {
        try (FileChannel channel = FileChannel.open(file);
                PushbackInputStream in =
                        new PushbackInputStream(new BufferedInputStream(Channels.newInputStream(channel)), 8)) {
            if (!ImageFiles.isNpy(in)) {
                return Optional.empty();
            }
            ImageFiles.Source source = new ImageFiles.Source(file.toString(), file.toString(), in, channel.size());
            NpyReader.Header header = NpyReader.anyHeader(source);
            if (header.fortran() || header.isPacked()) {
                return Optional.empty();
            }
            NpyReader.Layout layout = NpyReader.layout(source, header);
            OwnPart.requireGreyOrColour(file.toString(), layout.channels(), layout.height(), layout.width());
            NpyValues type = NpyPixels.type(source, header);
            long bytes = Math.multiplyExact(
                    (long) layout.count(), Math.multiplyExact(layout.pixelsPerImage(), type.width()));
            long start = channel.size() - bytes;
            requireSize(source, header, start, bytes, channel.size());
            int factor = factor(source, type, in);
            return Optional.of(new OwnPart(
                    layout.count(), index -> picture(file, start, layout, type, factor, index), new int[0]));
        } catch (IOException e) {
            throw new DataFormatException(
                    "%s: expected a NumPy array of images, found an unreadable file (%s)".formatted(file, e), e);
        } catch (ArithmeticException e) {
            throw new DataFormatException(
                    "%s: expected an array of images, found one whose size no file can have".formatted(file), e);
        }
    }

    private static void requireSize(
            ImageFiles.Source source, NpyReader.Header header, long start, long bytes, long size) {
        if (start != header.bytes()) {
            throw source.bad(
                    "%d bytes of pixels (%s)".formatted(bytes, header.describe()),
                    start < header.bytes()
                            ? "%d (the file is truncated)".formatted(Math.max(0, size - header.bytes()))
                            : "more bytes after them");
        }
    }

    private static int factor(ImageFiles.Source source, NpyValues type, InputStream in) throws IOException {
        PixelScale scale = new PixelScale();
        byte[] chunk = new byte[CHUNK];
        for (int read = in.readNBytes(chunk, 0, CHUNK); read > 0; read = in.readNBytes(chunk, 0, CHUNK)) {
            ByteBuffer values = type.view(chunk);
            for (int i = 0; i < read / type.width(); i++) {
                scale.add(type.at(values, i));
            }
        }
        return scale.factor(source::bad);
    }

    private static Picture picture(
            Path file, long start, NpyReader.Layout layout, NpyValues type, int factor, int index) {
        byte[] bytes = new byte[Math.multiplyExact(layout.pixelsPerImage(), type.width())];
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer target = ByteBuffer.wrap(bytes);
            while (target.hasRemaining()) {
                if (channel.read(target, start + (long) index * bytes.length + target.position()) < 0) {
                    throw new IOException("the file is shorter than before");
                }
            }
        } catch (IOException e) {
            throw new PictureException(
                    "%s, image %d: expected pixels, found an unreadable file (%s)".formatted(file, index, e), e);
        }
        byte[] levels = NpyPixels.levels(type, bytes, layout.pixelsPerImage(), factor);
        return new Picture(
                layout.channels(),
                layout.height(),
                layout.width(),
                layout.channelsLast()
                        ? NpyPixels.channelsFirst(levels, 1, layout.height() * layout.width(), layout.channels())
                        : levels);
    }
}
