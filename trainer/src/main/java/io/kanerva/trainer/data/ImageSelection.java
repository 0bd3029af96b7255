package io.kanerva.trainer.data;

import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;

/** A view of some images of a set, in an order of its own. */
public final class ImageSelection implements Images {
    private final Images images;
    private final int[] indices;

    /**
     * @param indices of the images, at least one
     * @throws IllegalArgumentException if there is none
     * @throws IndexOutOfBoundsException if the set has no image of an index
     */
    public ImageSelection(Images images, int[] indices) {
        if (indices.length == 0) {
            throw new IllegalArgumentException(
                    "'%s': expected at least one image, found none".formatted(images.name()));
        }
        for (int index : indices) {
            Objects.checkIndex(index, images.count());
        }
        this.images = images;
        this.indices = indices.clone();
    }

    /**
     * The images {@code from} (inclusive) to {@code to} (exclusive) of a set.
     *
     * @throws IndexOutOfBoundsException if the range is empty or exceeds the set
     */
    public static ImageSelection range(Images images, int from, int to) {
        if (from < 0 || to > images.count() || from >= to) {
            throw new IndexOutOfBoundsException("'%s': expected a range of images within 0 to %d, found %d to %d"
                    .formatted(images.name(), images.count(), from, to));
        }
        return new ImageSelection(images, IntStream.range(from, to).toArray());
    }

    /** All images of a set but these. */
    public static ImageSelection without(Images images, Set<Integer> left) {
        return new ImageSelection(
                images,
                IntStream.range(0, images.count())
                        .filter(index -> !left.contains(index))
                        .toArray());
    }

    @Override
    public String name() {
        return images.name();
    }

    @Override
    public int count() {
        return indices.length;
    }

    @Override
    public int channels() {
        return images.channels();
    }

    @Override
    public int height() {
        return images.height();
    }

    @Override
    public int width() {
        return images.width();
    }

    @Override
    public boolean hasLabels() {
        return images.hasLabels();
    }

    @Override
    public int label(int index) {
        return images.label(indices[index]);
    }

    @Override
    public void copyPixels(int index, byte[] target, int offset) {
        images.copyPixels(indices[index], target, offset);
    }

    @Override
    public void copyTransformed(int index, AffineMap map, byte[] target, int offset) {
        images.copyTransformed(indices[index], map, target, offset);
    }

    @Override
    public boolean staysBlackAndWhite() {
        return images.staysBlackAndWhite();
    }
}
