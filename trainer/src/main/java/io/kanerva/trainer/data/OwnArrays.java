package io.kanerva.trainer.data;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Reads a {@code .npz} file as {@link OwnImages}, by the names that its arrays have in common data sets: those of Keras
 * ({@code x_train}, {@code y_train}, {@code x_test}, {@code y_test}), MedMNIST ({@code train_images},
 * {@code train_labels}, {@code test_images}, ...), or one array of images with one of labels.
 */
final class OwnArrays {
    /** Images and labels for training, images and labels for testing. */
    private static final List<List<String>> NAMES = List.of(
            List.of("x_train", "y_train", "x_test", "y_test"),
            List.of("x_train", "y_train", "x_val", "y_val"),
            List.of("x_train", "y_train", "", ""),
            List.of("train_images", "train_labels", "test_images", "test_labels"),
            List.of("train_images", "train_labels", "val_images", "val_labels"),
            List.of("train_images", "train_labels", "", ""),
            List.of("images", "labels", "", ""),
            List.of("x", "y", "", ""),
            List.of("data", "labels", "", ""),
            List.of("arr_0", "arr_1", "", ""));

    private OwnArrays() {}

    static OwnImages read(Path file) {
        try (NpzFile npz = new NpzFile(file)) {
            List<String> found = npz.names();
            String[] names = NAMES.stream()
                    .map(these -> these.stream().map(name -> match(found, name)).toArray(String[]::new))
                    .filter(these -> these[0] != null && these[2] != null)
                    .findFirst()
                    .orElseThrow(() -> new DataFormatException(
                            "%s: expected arrays x_train and x_test, train_images and test_images, or images, found %s"
                                    .formatted(file, found)));
            ImageSet train = npz.array(names[0], NpyReader::read);
            ImageSet test = names[2].isEmpty() ? null : npz.array(names[2], NpyReader::read);
            if (test != null && train.isBinary() != test.isBinary()) {
                throw new DataFormatException(
                        "%s: expected arrays '%s' and '%s' both of levels or both of black and white, found one of each"
                                .formatted(file, names[0], names[2]));
            }
            return OwnClasses.images(
                    file, named(npz, train, names[1]), test == null ? null : named(npz, test, names[3]), 0);
        }
    }

    /** The array of that name, in upper or lower case; the name itself if it is empty, null if there is none. */
    private static String match(List<String> found, String name) {
        return name.isEmpty()
                ? name
                : found.stream().filter(name::equalsIgnoreCase).findFirst().orElse(null);
    }

    private static OwnClasses.Named named(NpzFile npz, ImageSet images, String labels) {
        long[] numbers = labels == null || labels.isEmpty() ? new long[0] : npz.array(labels, NpzFile::integers);
        if (numbers.length != 0 && numbers.length != images.count()) {
            throw new DataFormatException("%s, array '%s': expected a label for each of the %,d images, found %,d"
                    .formatted(npz, labels, images.count(), numbers.length));
        }
        return new OwnClasses.Named(
                OwnPart.of(npz.toString(), images),
                LongStream.of(numbers).mapToObj(Long::toString).toList());
    }

    /** The names of classes that have none. */
    static List<String> numbers(int classes) {
        return LongStream.range(0, classes).mapToObj(Long::toString).toList();
    }

    /** The largest label, -1 without labels. */
    static int most(ImageSet images) {
        return Arrays.stream(images.labels()).max().orElse(-1);
    }
}
