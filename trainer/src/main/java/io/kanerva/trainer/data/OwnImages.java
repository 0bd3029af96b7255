package io.kanerva.trainer.data;

import io.kanerva.trainer.picture.Picture;
import io.kanerva.trainer.picture.PictureException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Images that the user brings:
 *
 * <ul>
 *   <li>a folder of pictures, whose subfolders are their classes; in it, {@code train} and {@code test} (or
 *       {@code val}) may be folders of their own; or a folder of IDX files under MNIST's names;
 *   <li>a CSV file of paths, labels and parts ({@link OwnTable});
 *   <li>Parquet files or tar shards, or a folder of them ({@link OwnShards});
 *   <li>a {@code .npy}, IDX or {@code .amat} file ({@link ImageFiles}), or a {@code .npz} file of images and labels.
 * </ul>
 *
 * <p>Where nothing says which images are for testing, a tenth of them is, drawn at random but always the same. Images
 * that are equal byte for byte, as copies and links are, then stay together, for testing or for training.
 */
public final class OwnImages {
    /** The share of the images that are for testing, where nothing says which. */
    public static final double TEST_SHARE = 0.1;

    private final String place;
    private final OwnPart train;
    private final OwnPart test;
    private final List<String> classes;
    private final boolean drawn;
    private final int others;

    /**
     * @param train the images to train on, or all images
     * @param test the images for testing, or null to draw them
     * @param classes the names of the classes, or empty
     * @param others number of files that are not named like pictures
     */
    OwnImages(Path place, OwnPart train, OwnPart test, List<String> classes, int others) {
        this.place = place.toString();
        this.classes = List.copyOf(classes);
        this.others = others;
        drawn = test == null;
        if (drawn && train.count() < 2) {
            throw new DataFormatException("%s: expected at least two images, found %d".formatted(place, train.count()));
        }
        List<OwnPart> parts = drawn ? train.split(TEST_SHARE) : List.of(test, train);
        requireDifferent(place.toString(), parts.get(1).count(), train.count());
        this.test = parts.get(0);
        this.train = parts.get(1);
    }

    private static void requireDifferent(String place, int trained, int count) {
        if (trained == 0) {
            throw new DataFormatException(
                    "%s: expected at least two different images, found %,d equal ones".formatted(place, count));
        }
    }

    /**
     * Finds the images of a place. Reads the list of pictures, but no picture, unless images for testing are drawn:
     * then all images of an array or a shard, and of picture files those of equal sizes, to find which are equal.
     *
     * @throws DataFormatException if there are none, or the file is malformed
     */
    public static OwnImages at(Path place) {
        if (place == null || !Files.exists(place)) {
            throw new DataFormatException("%s: expected a folder or file of your images, found no such place"
                    .formatted(place == null ? "data set 'images'" : place));
        }
        if (Files.isDirectory(place)) {
            return OwnFolder.read(place);
        }
        if (!Files.isRegularFile(place)) {
            // Reading a pipe could wait for ever.
            throw new DataFormatException(
                    "%s: expected a folder or file of your images, found neither (a pipe or device)".formatted(place));
        }
        String name = place.toString().toLowerCase(Locale.ROOT);
        if (name.endsWith(".csv") || name.endsWith(".tsv")) {
            return OwnTable.read(place);
        }
        if (name.endsWith(".npz")) {
            return OwnArrays.read(place);
        }
        if (OwnShards.isShard(place)) {
            return OwnShards.read(place, List.of(place)).orElseThrow();
        }
        OwnPart part = NpyOnDisk.open(place).orElseGet(() -> OwnPart.of(place.toString(), ImageFiles.read(place)));
        return new OwnImages(place, part, null, List.of(), 0);
    }

    /** The training images, cropped and resized to a shape. */
    public Images train(ImageShape shape) {
        return images("train", train, shape);
    }

    /** The test images, cropped and resized to a shape. */
    public Images test(ImageShape shape) {
        return images("test", test, shape);
    }

    private Images images(String side, OwnPart part, ImageShape shape) {
        if (shape.channels() != 1 && shape.channels() != 3) {
            throw new DataFormatException(
                    "%s: expected a model of 1 or 3 channels, found %d".formatted(place, shape.channels()));
        }
        return new FolderImages(
                place + " " + side,
                part.count(),
                part.pictures(),
                part.labels(),
                shape,
                FolderImages.defaultCacheBytes());
    }

    /**
     * Draws other images for testing, and writes a CSV table of all pictures that says so, which {@link #at} reads.
     * Equal files stay together.
     *
     * @param share of the images that are for testing, above 0 and below 1
     * @param seed of the draw
     * @param folder in which the table will be, and relative to which it names pictures
     * @param table receives the text
     * @return the number of images for testing
     * @throws IllegalArgumentException if the share leaves no image for training or testing
     * @throws DataFormatException if the pictures are no files of their own, or all are equal
     */
    public int writeSplit(double share, long seed, Path folder, Appendable table) throws IOException {
        int count = train.count() + test.count();
        int wanted = (int) Math.round(share * count);
        if (!(share > 0 && share < 1) || wanted < 1 || wanted >= count) {
            throw new IllegalArgumentException(
                    "share of %s: expected one of %,d images that leaves some for training and some for testing"
                            .formatted(share, count));
        }
        if (train.files().isEmpty()) {
            throw new DataFormatException(
                    "%s: expected picture files to divide, found a file of images".formatted(place));
        }
        int tested = OwnSplit.write(List.of(train, test), classes, wanted, seed, folder, table);
        requireDifferent(place, count - tested, count);
        return tested;
    }

    /** The folder or file. */
    public String place() {
        return place;
    }

    /** The names of the classes, by label; empty if there are none. */
    public List<String> classes() {
        return classes;
    }

    /** Number of images of each class for training and testing, by label. */
    public int[] classCount(int label) {
        return new int[] {
            (int) IntStream.of(train.labels()).filter(one -> one == label).count(),
            (int) IntStream.of(test.labels()).filter(one -> one == label).count()
        };
    }

    /** Number of images for training. */
    public int trainCount() {
        return train.count();
    }

    /** Number of images for testing. */
    public int testCount() {
        return test.count();
    }

    /** Whether the test images are drawn at random. */
    public boolean isTestDrawn() {
        return drawn;
    }

    /** Number of files in the folder that are not named like pictures, and are left alone. */
    public int others() {
        return others;
    }

    /**
     * What the pictures are like.
     *
     * @param sizes number of pictures of each size "height x width", the most frequent first
     * @param height the most frequent height
     * @param width the most frequent width
     * @param shorter the median of the shorter sides
     * @param colour number of pictures in colour
     * @param grey number of grey ones that are not black and white only
     * @param blackAndWhite number of the others
     * @param repeated number of pictures for testing whose pixels are also those of one for training
     * @param unreadable what keeps a picture from being read, by its index: training images first, then test images
     */
    public record Survey(
            Map<String, Integer> sizes,
            int height,
            int width,
            int shorter,
            int colour,
            int grey,
            int blackAndWhite,
            int repeated,
            SortedMap<Integer, String> unreadable) {

        /** Number of pictures that can be read. */
        public int readable() {
            return colour + grey + blackAndWhite;
        }
    }

    /** @param digest of the pixels */
    private record Look(int height, int width, int kind, String digest) {

        static Look at(Picture picture) {
            int kind = picture.isGrey() ? 0 : 2;
            if (kind == 0) {
                for (int i = 0; i < picture.height() * picture.width() && kind == 0; i++) {
                    kind = picture.pixels()[i] == 0 || picture.pixels()[i] == (byte) 255 ? 0 : 1;
                }
            }
            return new Look(picture.height(), picture.width(), kind, OwnCopies.digest(picture.pixels()));
        }
    }

    /**
     * Reads every picture, on all processors.
     *
     * @param looked called with the number of pictures read so far, by one thread at a time
     */
    public Survey survey(IntConsumer looked) {
        int count = train.count() + test.count();
        SortedMap<Integer, String> unreadable = new ConcurrentSkipListMap<>();
        Look[] looks = new Look[count];
        int[] done = {0};
        IntStream.range(0, count).parallel().forEach(index -> {
            looks[index] = look(index, unreadable);
            synchronized (done) {
                looked.accept(++done[0]);
            }
        });
        // Once more, alone: several large pictures at a time may need more memory than there is.
        for (int index : List.copyOf(unreadable.keySet())) {
            unreadable.remove(index);
            looks[index] = look(index, unreadable);
        }
        return summary(looks, train.count(), unreadable);
    }

    private Look look(int index, SortedMap<Integer, String> unreadable) {
        try {
            return Look.at(
                    index < train.count()
                            ? train.pictures().apply(index)
                            : test.pictures().apply(index - train.count()));
        } catch (PictureException e) {
            unreadable.put(index, e.getMessage());
            return null;
        }
    }

    private static Survey summary(Look[] looks, int trained, SortedMap<Integer, String> unreadable) {
        Map<List<Integer>, Integer> sizes = new TreeMap<>(Comparator.comparing(List::toString));
        int[] kinds = new int[3];
        for (Look look : looks) {
            if (look != null) {
                sizes.merge(List.of(look.height(), look.width()), 1, Integer::sum);
                kinds[look.kind()]++;
            }
        }
        List<Map.Entry<List<Integer>, Integer>> ordered = sizes.entrySet().stream()
                .sorted(Map.Entry.<List<Integer>, Integer>comparingByValue().reversed())
                .toList();
        Map<String, Integer> named = new LinkedHashMap<>();
        ordered.forEach(size -> named.put(
                "%d x %d".formatted(size.getKey().get(0), size.getKey().get(1)), size.getValue()));
        int[] shorter = Arrays.stream(looks)
                .filter(Objects::nonNull)
                .mapToInt(look -> Math.min(look.height(), look.width()))
                .sorted()
                .toArray();
        Set<Look> seen = Arrays.stream(looks, 0, trained).collect(Collectors.toSet());
        long repeated = Arrays.stream(looks, trained, looks.length)
                .filter(look -> look != null && seen.contains(look))
                .count();
        Optional<List<Integer>> most = ordered.stream().map(Map.Entry::getKey).findFirst();
        return new Survey(
                named,
                most.map(size -> size.get(0)).orElse(0),
                most.map(size -> size.get(1)).orElse(0),
                shorter.length == 0 ? 0 : shorter[shorter.length / 2],
                kinds[2],
                kinds[1],
                kinds[0],
                (int) repeated,
                new TreeMap<>(unreadable));
    }
}
