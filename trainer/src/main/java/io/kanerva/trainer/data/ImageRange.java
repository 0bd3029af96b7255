package io.kanerva.trainer.data;

import java.util.Objects;

/**
 * A view of part of a set: the images {@code from} (inclusive) to {@code to} (exclusive).
 *
 * @param images the whole set
 * @param from the first image
 * @param to one past the last image
 */
public record ImageRange(Images images, int from, int to) implements Images {

    /** @throws IndexOutOfBoundsException if the range is empty or exceeds the set */
    public ImageRange {
        if (from < 0 || to > images.count() || from >= to) {
            throw new IndexOutOfBoundsException(
                    ("'%3$s': expected a range of images within 0 to %4$d, found %1$d " + "to %2$d")
                            .formatted(from, to, images.name(), images.count()));
        }
    }

    @Override
    public String name() {
        return images.name();
    }

    @Override
    public int count() {
        return to - from;
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
        return images.label(from + Objects.checkIndex(index, count()));
    }

    @Override
    public void copyPixels(int index, byte[] target, int offset) {
        images.copyPixels(from + Objects.checkIndex(index, count()), target, offset);
    }

    @Override
    public void copyTransformed(int index, AffineMap map, byte[] target, int offset) {
        images.copyTransformed(from + Objects.checkIndex(index, count()), map, target, offset);
    }

    @Override
    public boolean staysBlackAndWhite() {
        return images.staysBlackAndWhite();
    }
}
