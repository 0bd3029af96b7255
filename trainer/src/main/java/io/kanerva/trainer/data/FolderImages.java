package io.kanerva.trainer.data;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Image files (JPEG, PNG, GIF or BMP) as colour images of one size, read on demand, cropped to the largest centred
 * square and resized ({@link BilinearResize}). Images stay cached up to a memory limit and are read again beyond it, so
 * that the folder may have any size.
 */
final class FolderImages implements Images {
    private static final int CHANNELS = 3;

    private final String name;
    private final List<Path> files;
    private final int[] labels;
    private final int side;
    private final AtomicReferenceArray<byte[]> kept;
    private final AtomicLong cacheBytes;

    /**
     * @param files the image files, at least one
     * @param labels [files], or empty
     * @param side height and width of an image
     * @param cacheBytes limit of the cache
     */
    FolderImages(String name, List<Path> files, int[] labels, int side, long cacheBytes) {
        this.name = name;
        this.files = List.copyOf(files);
        this.labels = labels;
        this.side = side;
        kept = new AtomicReferenceArray<>(files.size());
        this.cacheBytes = new AtomicLong(cacheBytes);
    }

    /** Half of Java's heap: a model on the CPU lives outside of the heap. */
    static long defaultCacheBytes() {
        return Runtime.getRuntime().maxMemory() / 2;
    }

    /**
     * Lists the image files in a folder and its subfolders, sorted by path.
     *
     * @throws DataFormatException if the folder cannot be read
     */
    static List<Path> pictures(Path folder) {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(FolderImages::isPicture).sorted().toList();
        } catch (IOException e) {
            throw new DataFormatException(
                    "%s: expected a folder of image files, found an unreadable folder (%s)"
                            .formatted(folder, e.getMessage()),
                    e);
        } catch (UncheckedIOException e) {
            throw new DataFormatException(
                    "%s: expected a folder of image files, found an unreadable folder (%s)"
                            .formatted(folder, e.getCause().getMessage()),
                    e);
        }
    }

    private static boolean isPicture(Path file) {
        return file.getFileName() != null
                && file.getFileName().toString().toLowerCase(Locale.ROOT).matches("[^.].*\\.(jpe?g|png|gif|bmp)");
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int count() {
        return files.size();
    }

    @Override
    public int channels() {
        return CHANNELS;
    }

    @Override
    public int height() {
        return side;
    }

    @Override
    public int width() {
        return side;
    }

    @Override
    public boolean hasLabels() {
        return labels.length > 0;
    }

    @Override
    public int label(int index) {
        Objects.checkIndex(index, files.size());
        return hasLabels() ? labels[index] : UNLABELLED;
    }

    @Override
    public void copyPixels(int index, byte[] target, int offset) {
        Objects.checkFromIndexSize(offset, pixelsPerImage(), target.length);
        byte[] pixels = kept.get(Objects.checkIndex(index, files.size()));
        if (pixels == null) {
            pixels = read(files.get(index));
            if (cacheBytes.addAndGet(-pixels.length) >= 0) {
                kept.set(index, pixels);
            } else {
                cacheBytes.addAndGet(pixels.length);
            }
        }
        System.arraycopy(pixels, 0, target, offset, pixels.length);
    }

    private byte[] read(Path file) {
        BufferedImage picture;
        try (InputStream in = Files.newInputStream(file)) {
            // In memory: ImageIO would copy the stream to a temporary file first.
            picture = ImageIO.read(new MemoryCacheImageInputStream(in));
        } catch (IOException | RuntimeException e) {
            throw new DataFormatException(
                    "%s: expected an image file, found an unreadable one (%s)".formatted(file, e.getMessage()), e);
        }
        if (picture == null) {
            throw new DataFormatException(
                    "%s: expected a JPEG, PNG, GIF or BMP file, found another format".formatted(file));
        }
        int square = Math.min(picture.getWidth(), picture.getHeight());
        int[] colours = picture.getRGB(
                (picture.getWidth() - square) / 2, (picture.getHeight() - square) / 2, square, square, null, 0, square);
        BilinearResize resize = new BilinearResize(square, square, side, side);
        byte[] plane = new byte[square * square];
        byte[] pixels = new byte[CHANNELS * side * side];
        for (int channel = 0; channel < CHANNELS; channel++) {
            for (int i = 0; i < plane.length; i++) {
                plane[i] = (byte) (colours[i] >> 16 - 8 * channel);
            }
            resize.resize(plane, pixels, channel * side * side);
        }
        return pixels;
    }
}
