package io.kanerva.trainer.data;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Reads a {@code .npz} file as {@link OwnImages}, by the names that its arrays have in common data sets: those of Keras
 * ({@code x_train}, {@code y_train}, {@code x_test}, {@code y_test}), MedMNIST ({@code train_images},
 * {@code train_labels}, {@code test_images}, ...), or one array of images with one of labels.
 */
final class OwnArrays {
    private static final List<List<String>> NAMES = List.of(
            List.of("x_train", "y_train", "x_test", "y_test"),
            List.of("train_images", "train_labels", "test_images", "test_labels"),
            List.of("images", "labels", "", ""),
            List.of("x", "y", "", ""),
            List.of("X", "y", "", ""),
            List.of("data", "labels", "", ""),
            List.of("arr_0", "arr_1", "", ""));

    private OwnArrays() {}

    static OwnImages read(Path file) {
        try (NpzFile npz = new NpzFile(file)) {
            List<String> found = npz.names();
            List<String> names = NAMES.stream()
                    .filter(these -> found.contains(these.get(0)))
                    .findFirst()
                    .orElseThrow(() -> new DataFormatException(
                            "%s: expected arrays x_train and x_test, train_images and test_images, or images, found %s"
                                    .formatted(file, found)));
            ImageSet train = images(npz, names.get(0), names.get(1), found);
            ImageSet test = found.contains(names.get(2)) ? images(npz, names.get(2), names.get(3), found) : null;
            int classes = 1 + Math.max(most(train), test == null ? -1 : most(test));
            return new OwnImages(
                    file,
                    OwnImages.part(file, train),
                    test == null ? null : OwnImages.part(file, test),
                    numbers(classes),
                    0);
        }
    }

    /** The names of classes that have none. */
    static List<String> numbers(int classes) {
        return IntStream.range(0, classes).mapToObj(Integer::toString).toList();
    }

    /** The largest label, -1 without labels. */
    static int most(ImageSet images) {
        return Arrays.stream(images.labels()).max().orElse(-1);
    }

    private static ImageSet images(NpzFile npz, String images, String labels, List<String> found) {
        ImageSet set = npz.array(images, NpyReader::read);
        return found.contains(labels) ? set.labelled(npz.array(labels, NpzFile::integers)) : set;
    }
}
