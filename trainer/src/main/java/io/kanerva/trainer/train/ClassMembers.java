package io.kanerva.trainer.train;

import io.kanerva.trainer.data.Images;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** The images of each class that has at least two, to draw pairs from. */
final class ClassMembers {
    private final Images images;
    private final Map<Integer, int[]> members = new LinkedHashMap<>();
    private final int[] drawable;

    /** @throws IllegalArgumentException if the images have no labels, or no class has two */
    ClassMembers(Images images) {
        this.images = images;
        if (!images.hasLabels()) {
            throw new IllegalArgumentException(
                    "'%s': expected images whose classes are known, as a model that reads blocks for their gist needs them, found no labels"
                            .formatted(images.name()));
        }
        Map<Integer, List<Integer>> classes = images.classes();
        classes.values().removeIf(alone -> alone.size() < 2);
        classes.forEach((label, all) ->
                members.put(label, all.stream().mapToInt(Integer::intValue).toArray()));
        drawable = classes.values().stream()
                .flatMap(List::stream)
                .mapToInt(Integer::intValue)
                .sorted()
                .toArray();
        if (drawable.length == 0) {
            throw new IllegalArgumentException(
                    "'%s': expected a class of at least two images, found %d images of as many classes"
                            .formatted(images.name(), images.count()));
        }
    }

    /** An image that is not alone in its class; each is as likely. */
    int draw(SplittableRandom random) {
        return drawable[random.nextInt(drawable.length)];
    }

    /** Another image of that one's class; each is as likely. */
    int drawAnother(int image, SplittableRandom random) {
        int[] all = members.get(images.label(image));
        int drawn = all[random.nextInt(all.length - 1)];
        return drawn == image ? all[all.length - 1] : drawn;
    }
}
