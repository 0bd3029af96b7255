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
 * Measures one-shot generation: a memory is written with images of one class, and images read at random keys are
 * classified by their nearest neighbour among images of all classes that were not written.
 */
public final class OneShotExperiment {
    private OneShotExperiment() {}

    /**
     * The results for one class.
     *
     * @param label the class
     * @param written number of images in the memory
     * @param own share of the generated images classified as that class
     * @param writtenOwn the same for the written images: the classifier's own accuracy
     * @param images the generated images
     */
    public record Row(int label, int written, double own, double writtenOwn, Pictures images) {}

    /**
     * Runs one class.
     *
     * @param label a class with at least 4 images
     * @param maxWritten limit of written images; at most three quarters of the class are written
     * @param references limit of images per class that generated ones are compared with
     * @param count number of images to generate
     */
    public static Row run(
            Kanerva kanerva,
            Images images,
            Binarisation binarisation,
            int label,
            int maxWritten,
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
        int written = Math.min(maxWritten, own.size() * 3 / 4);
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
