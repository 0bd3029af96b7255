package io.kanerva.trainer.data;

import io.kanerva.trainer.picture.Picture;
import io.kanerva.trainer.picture.PictureException;
import io.kanerva.trainer.picture.PictureReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Pictures of any size as images of one size and kind, read on demand: cropped to the largest centred rectangle of that
 * aspect ratio and resized ({@link BilinearResize}). Images stay cached up to a memory limit and are read again beyond
 * it, so that a folder may have any size.
 */
final class FolderImages implements Images {
    private final String name;
    private final IntFunction<Picture> pictures;
    private final int[] labels;
    private final ImageShape shape;
    private final AtomicReferenceArray<byte[]> kept;
    private final AtomicLong cacheBytes;

    /**
     * @param count number of pictures, at least 1
     * @param pictures reads one of them; may throw a {@link PictureException}
     * @param labels [count], or empty
     * @param cacheBytes limit of the cache
     */
    FolderImages(
            String name, int count, IntFunction<Picture> pictures, int[] labels, ImageShape shape, long cacheBytes) {
        this.name = name;
        this.pictures = pictures;
        this.labels = labels;
        this.shape = shape;
        kept = new AtomicReferenceArray<>(count);
        this.cacheBytes = new AtomicLong(cacheBytes);
    }

    /**
     * Picture files as square images in colour.
     *
     * @param files at least one
     * @param side height and width of an image
     */
    FolderImages(String name, List<Path> files, int[] labels, int side, long cacheBytes) {
        this(
                name,
                files.size(),
                index -> PictureReader.read(files.get(index)),
                labels,
                new ImageShape(3, side, side),
                cacheBytes);
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
            return all.filter(PictureReader::isNamedLikeAPicture).sorted().toList();
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

    @Override
    public String name() {
        return name;
    }

    @Override
    public int count() {
        return kept.length();
    }

    @Override
    public int channels() {
        return shape.channels();
    }

    @Override
    public int height() {
        return shape.height();
    }

    @Override
    public int width() {
        return shape.width();
    }

    @Override
    public boolean hasLabels() {
        return labels.length > 0;
    }

    @Override
    public int label(int index) {
        Objects.checkIndex(index, kept.length());
        return hasLabels() ? labels[index] : UNLABELLED;
    }

    @Override
    public void copyPixels(int index, byte[] target, int offset) {
        Objects.checkFromIndexSize(offset, pixelsPerImage(), target.length);
        byte[] pixels = pixels(index);
        System.arraycopy(pixels, 0, target, offset, pixels.length);
    }

    private byte[] pixels(int index) {
        byte[] pixels = kept.get(Objects.checkIndex(index, kept.length()));
        if (pixels == null) {
            pixels = read(index);
            if (cacheBytes.addAndGet(-pixels.length) >= 0) {
                kept.set(index, pixels);
            } else {
                cacheBytes.addAndGet(pixels.length);
            }
        }
        return pixels;
    }

    @Override
    public boolean isOnDisk() {
        return true;
    }

    @Override
    public SortedMap<Integer, String> unreadable(IntConsumer looked) {
        SortedMap<Integer, String> found = new ConcurrentSkipListMap<>();
        int[] done = {0};
        IntStream.range(0, kept.length()).parallel().forEach(index -> {
            problem(index).ifPresent(problem -> found.put(index, problem));
            synchronized (done) {
                looked.accept(++done[0]);
            }
        });
        // Once more, alone: several large pictures at a time may need more memory than there is.
        for (int index : List.copyOf(found.keySet())) {
            problem(index).ifPresentOrElse(problem -> found.put(index, problem), () -> found.remove(index));
        }
        return found;
    }

    private Optional<String> problem(int index) {
        try {
            pixels(index);
            return Optional.empty();
        } catch (DataFormatException e) {
            return Optional.of(e.getMessage());
        }
    }

    private byte[] read(int index) {
        try {
            return fitted(pictures.apply(index), shape);
        } catch (PictureException e) {
            throw new DataFormatException(e.getMessage(), e);
        }
    }

    /** The largest centred rectangle of the shape's aspect ratio, resized: [channels][height][width]. */
    static byte[] fitted(Picture any, ImageShape shape) {
        Picture picture = any.withChannels(shape.channels());
        long wide = (long) picture.width() * shape.height();
        long tall = (long) picture.height() * shape.width();
        int height = wide >= tall ? picture.height() : (int) Math.max(1, wide / shape.width());
        int width = wide >= tall ? (int) Math.max(1, tall / shape.height()) : picture.width();
        BilinearResize resize = new BilinearResize(height, width, shape.height(), shape.width());
        byte[] plane = new byte[height * width];
        int area = shape.height() * shape.width();
        byte[] pixels = new byte[shape.channels() * area];
        for (int channel = 0; channel < shape.channels(); channel++) {
            for (int row = 0; row < height; row++) {
                int from = (channel * picture.height() + (picture.height() - height) / 2 + row) * picture.width()
                        + (picture.width() - width) / 2;
                System.arraycopy(picture.pixels(), from, plane, row * width, width);
            }
            resize.resize(plane, pixels, channel * area);
        }
        return pixels;
    }
}
