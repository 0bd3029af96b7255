package io.kanerva.trainer.data;

import java.util.Objects;

/**
 * A part of a set, without a copy: the images {@code from} (included) to {@code to} (excluded).
 *
 * @param images the whole set
 * @param from first image
 * @param to behind the last
 */
public record ImageRange(Images images, int from, int to) implements Images {

    /** @throws IndexOutOfBoundsException if that is not a part of the set with at least one image */
    public ImageRange {
        if (from < 0 || to > images.count() || from >= to) {
            throw new IndexOutOfBoundsException("images %d to %d of '%s' were asked for, which has the images 0 to %d"
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
    public void copyMoved(int index, AffineMap map, byte[] target, int offset) {
        images.copyMoved(from + Objects.checkIndex(index, count()), map, target, offset);
    }

    @Override
    public boolean staysBlackAndWhite() {
        return images.staysBlackAndWhite();
    }
}
