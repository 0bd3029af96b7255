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
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Picture files ({@link PictureReader}) as colour images of one size, read on demand, cropped to the largest centred
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
        byte[] pixels = pixels(index);
        System.arraycopy(pixels, 0, target, offset, pixels.length);
    }

    private byte[] pixels(int index) {
        byte[] pixels = kept.get(Objects.checkIndex(index, files.size()));
        if (pixels == null) {
            pixels = read(files.get(index));
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
        IntStream.range(0, files.size()).parallel().forEach(index -> {
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

    private byte[] read(Path file) {
        Picture picture;
        try {
            picture = PictureReader.read(file).withChannels(CHANNELS);
        } catch (PictureException e) {
            throw new DataFormatException(e.getMessage(), e);
        }
        int height = picture.height();
        int width = picture.width();
        int square = Math.min(height, width);
        BilinearResize resize = new BilinearResize(square, square, side, side);
        byte[] plane = new byte[square * square];
        byte[] pixels = new byte[CHANNELS * side * side];
        for (int channel = 0; channel < CHANNELS; channel++) {
            for (int row = 0; row < square; row++) {
                int from = (channel * height + (height - square) / 2 + row) * width + (width - square) / 2;
                System.arraycopy(picture.pixels(), from, plane, row * square, square);
            }
            resize.resize(plane, pixels, channel * side * side);
        }
        return pixels;
    }
}
