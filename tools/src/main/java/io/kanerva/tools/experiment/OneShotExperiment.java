package io.kanerva.tools.experiment;

import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Memory;
import io.kanerva.tools.image.Pictures;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.Images;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * One-shot generation: a memory is written with images of a single class, and what random keys read from it is named by
 * its nearest neighbour among images of all classes that were not written.
 */
public final class OneShotExperiment {
    private OneShotExperiment() {}

    /**
     * One class.
     *
     * @param label the class
     * @param written images in the memory
     * @param own share of the generated images whose nearest neighbour is of that class
     * @param writtenOwn the same share for the written images themselves: as good as this way to name images is
     * @param images what was generated
     */
    public record Row(int label, int written, double own, double writtenOwn, Pictures images) {}

    /**
     * Runs one class.
     *
     * @param label a class of the set with at least 4 images
     * @param most images that are written; of a class with few, three quarters are
     * @param references images of each class that generated ones are compared with, at most
     * @param count images to generate
     */
    public static Row run(
            Kanerva kanerva,
            Images images,
            Binarisation binarisation,
            int label,
            int most,
            int references,
            int count,
            long seed) {
        Map<Integer, List<Integer>> shuffled = images.classes();
        shuffled.forEach((other, members) -> Collections.shuffle(members, new Random(seed + other)));
        List<Integer> own = shuffled.get(label);
        if (own == null || own.size() < 4) {
            throw new IllegalArgumentException("class %d of '%s': expected at least 4 images, found %d"
                    .formatted(label, images.name(), own == null ? 0 : own.size()));
        }
        int written = Math.min(most, own.size() * 3 / 4);
        List<Integer> compared = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        shuffled.forEach((other, members) -> {
            int from = other == label ? written : 0;
            for (int i = from; i < Math.min(members.size(), from + references); i++) {
                compared.add(members.get(i));
                labels.add(other);
            }
        });
        float[] reference = copies(images, binarisation, compared);
        float[] episode = copies(images, binarisation, own.subList(0, written));
        Memory memory =
                kanerva.write(new FloatTensor(episode, 1, written, images.channels(), images.height(), images.width()));
        FloatTensor generated = kanerva.generate(memory, count, seed).images();
        int size = images.pixelsPerImage();
        return new Row(
                label,
                written,
                share(generated.data(), count, reference, labels, label, size),
                share(episode, written, reference, labels, label, size),
                Pictures.of(generated));
    }

    private static double share(float[] of, int count, float[] reference, List<Integer> labels, int label, int size) {
        int own = 0;
        for (int i = 0; i < count; i++) {
            own += labels.get(ImageDistance.nearest(of, i, reference, labels.size(), size)) == label ? 1 : 0;
        }
        return own / (double) count;
    }

    private static float[] copies(Images images, Binarisation binarisation, List<Integer> which) {
        return binarisation.copies(
                images, which.stream().mapToInt(Integer::intValue).toArray());
    }
}
