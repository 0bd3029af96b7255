package io.kanerva.trainer.data;

import java.util.List;

/** Where the labels of a file of images come from. */
@FunctionalInterface
interface LabelRule {
    /** No labels. */
    LabelRule NONE = (folder, file, count) -> new int[0];

    /** The file of the same name with "labels-idx1" in place of "images-idx3" (or with dots), if it exists. */
    LabelRule BESIDE = (folder, file, count) -> {
        String packed = file.replaceAll("images([-.])idx3", "labels$1idx1").replaceAll("\\.gz$", "") + ".gz";
        return folder.first(List.of(packed, packed.replaceAll("\\.gz$", "")))
                .map(labels -> folder.labels(labels, count))
                .orElseGet(() -> new int[0]);
    };

    /** Omniglot's 20 drawings per character, character after character. */
    LabelRule OMNIGLOT = (folder, file, count) -> {
        int[] labels = new int[count % 20 == 0 ? count : 0];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = i / 20;
        }
        return labels;
    };

    /** The published order of the fixed binarisation's 10,000 test images: MNIST's, stably sorted by digit. */
    LabelRule SORTED_MNIST_TEST = (folder, file, count) -> {
        int[] ofEachDigit = {980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009};
        int[] labels = new int[count == 10_000 ? count : 0];
        int image = 0;
        for (int digit = 0; labels.length > 0 && digit < ofEachDigit.length; digit++) {
            for (int i = 0; i < ofEachDigit[digit]; i++) {
                labels[image++] = digit;
            }
        }
        return labels;
    };

    /**
     * Returns the labels of a file's images.
     *
     * @param folder the data folder
     * @param file the file's path in it
     * @param count the number of its images
     * @return one label per image, or none
     * @throws DataFormatException if a file of labels is unreadable or malformed
     */
    int[] labels(DataFolder folder, String file, int count);
}
