package io.kanerva.trainer.data;

import java.util.List;
import java.util.Objects;

/** Concatenates sets of equal image size, which together may exceed the 2 GiB of one Java array. */
final class ImageParts implements Images {
    private final String name;
    private final List<? extends Images> parts;
    private final int[] starts;

    /** @throws IllegalArgumentException if the sets' image sizes differ or only some have labels */
    ImageParts(String name, List<? extends Images> parts) {
        this.name = name;
        this.parts = List.copyOf(parts);
        starts = new int[parts.size() + 1];
        Images first = parts.get(0);
        for (int i = 0; i < parts.size(); i++) {
            Images part = parts.get(i);
            if (part.channels() != first.channels()
                    || part.height() != first.height()
                    || part.width() != first.width()
                    || part.hasLabels() != first.hasLabels()) {
                throw new IllegalArgumentException(
                        ("'%s': expected parts of equal image size, all with labels or all without, found part "
                                        + "%d unlike the first")
                                .formatted(name, i));
            }
            starts[i + 1] = Math.addExact(starts[i], part.count());
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int count() {
        return starts[parts.size()];
    }

    @Override
    public int channels() {
        return parts.get(0).channels();
    }

    @Override
    public int height() {
        return parts.get(0).height();
    }

    @Override
    public int width() {
        return parts.get(0).width();
    }

    @Override
    public boolean hasLabels() {
        return parts.get(0).hasLabels();
    }

    @Override
    public int label(int index) {
        int part = partOf(index);
        return parts.get(part).label(index - starts[part]);
    }

    @Override
    public void copyPixels(int index, byte[] target, int offset) {
        int part = partOf(index);
        parts.get(part).copyPixels(index - starts[part], target, offset);
    }

    private int partOf(int index) {
        Objects.checkIndex(index, count());
        int part = 0;
        while (index >= starts[part + 1]) {
            part++;
        }
        return part;
    }
}
